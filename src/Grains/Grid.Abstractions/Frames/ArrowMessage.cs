using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>
/// An encapsulated Arrow message (docs/formats.md, "Arrow message"): <c>FF FF FF FF</c>, int32 length of the metadata, the metadata (a flatbuffer,
/// padded), the body. The metadata's length is a multiple of 8, so the body begins 8-byte aligned.
/// </summary>
public static class ArrowMessage
{
    /// <summary>Bytes before the metadata.</summary>
    public const int PrefixBytes = 8;

    /// <summary>Every buffer begins at a multiple of this in the body.</summary>
    public const int Alignment = 8;

    /// <summary>What a message begins with; before a length of 0 it ends the stream.</summary>
    internal const uint Continuation = 0xFFFF_FFFF;

    /// <summary>Reads a message's first 8 bytes: the bytes of the metadata that follow them.</summary>
    /// <param name="prefix">The message's first 8 bytes, or more of it.</param>
    /// <param name="messageLength">The whole message's length, as the frame's header says.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public static int MetadataLength(ReadOnlySpan<byte> prefix, int messageLength)
    {
        if (prefix.Length < PrefixBytes || messageLength < PrefixBytes)
            throw new GridException(GridErrorCode.Corrupt, $"An Arrow message has at least {PrefixBytes} bytes, this one has {Math.Min(prefix.Length, messageLength)}.");
        var mark = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (mark != Continuation)
            throw new GridException(GridErrorCode.Corrupt, $"An Arrow message begins with FFFFFFFF, this one with {mark:X8}.");
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        if (length <= 0 || length % Alignment != 0 || length > messageLength - PrefixBytes)
            throw new GridException(GridErrorCode.Corrupt, $"The metadata of an Arrow message of {messageLength} bytes cannot have {length} bytes.");
        return length;
    }

    /// <summary>Writes the 8 bytes before the metadata.</summary>
    internal static void WritePrefix(Span<byte> destination, int metadataLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], metadataLength);
    }

    internal static int Align(int length) => (length + Alignment - 1) & -Alignment;

    internal static long Align(long length) => (length + Alignment - 1) & -Alignment;
}
