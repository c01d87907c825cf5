using System.Buffers.Binary;
using System.IO.Hashing;

namespace Grid.Abstractions;

/// <summary>
/// The bytes on a data port, little endian (docs/formats.md, "Data port"):
/// <code>
/// hello   0 magic GRD1 | 4 version | 6 zero | 8 ticket, 32 bytes
/// reply   0 magic GRD1 | 4 version | 6 reply
/// packet  0 payload length | 4 kind | 5 payload | XxHash3-64 of the payload, seeded with the kind
/// </code>
/// </summary>
internal static class DataPortFormat
{
    /// <summary>The first four bytes of both sides: <c>GRD1</c>.</summary>
    public const uint Magic = 'G' | ('R' << 8) | ('D' << 16) | ('1' << 24);

    /// <summary>The version of the protocol.</summary>
    public const ushort Version = 1;

    /// <summary>Bytes of a ticket.</summary>
    public const int TicketBytes = 32;

    /// <summary>Bytes of a hello.</summary>
    public const int HelloBytes = 4 + 2 + 2 + TicketBytes;

    /// <summary>Bytes of the answer to a hello.</summary>
    public const int ReplyBytes = 4 + 2 + 2;

    /// <summary>Bytes before a packet's payload.</summary>
    public const int PacketHeaderBytes = 4 + 1;

    /// <summary>Bytes behind a packet's payload.</summary>
    public const int PacketHashBytes = 8;

    /// <summary>Longest payload of a packet.</summary>
    public const int PayloadBytesMax = 1024 * 1024;

    /// <summary>Payload of an end: total bytes of the data packets' payloads, XxHash3-64 of their hashes in order.</summary>
    public const int EndBytes = 8 + 8;

    /// <summary>Longest payload of an error: a code and a message.</summary>
    public const int ErrorBytesMax = 4 + 2048;

    /// <summary>Writes a hello.</summary>
    public static void WriteHello(Span<byte> target, ReadOnlySpan<byte> ticket)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ticket.Length, TicketBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], 0);
        ticket.CopyTo(target[8..]);
    }

    /// <summary>Checks a hello of <see cref="HelloBytes"/> bytes; <see cref="DataPortReply.Accepted"/> says only that its ticket may be looked up.</summary>
    public static DataPortReply CheckHello(ReadOnlySpan<byte> hello)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(hello) != Magic)
            return DataPortReply.NotAHello;
        return BinaryPrimitives.ReadUInt16LittleEndian(hello[4..]) == Version ? DataPortReply.Accepted : DataPortReply.UnknownVersion;
    }

    /// <summary>The ticket of a hello.</summary>
    public static ReadOnlySpan<byte> TicketOf(ReadOnlySpan<byte> hello) => hello.Slice(8, TicketBytes);

    /// <summary>Writes the answer to a hello.</summary>
    public static void WriteReply(Span<byte> target, DataPortReply reply)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(target[6..], (ushort)reply);
    }

    /// <summary>Reads the answer to a hello; null: it is none.</summary>
    public static DataPortReply? ReadReply(ReadOnlySpan<byte> reply)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(reply) != Magic)
            return null;
        var value = (DataPortReply)BinaryPrimitives.ReadUInt16LittleEndian(reply[6..]);
        return value <= DataPortReply.UnknownVersion ? value : null;
    }

    /// <summary>Writes what stands before a payload.</summary>
    public static void WritePacketHeader(Span<byte> target, DataPacketKind kind, int payloadLength)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, payloadLength);
        target[4] = (byte)kind;
    }

    /// <summary>Reads and checks what stands before a payload: the kind, and a length that this kind may have.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the kind, the length of an end; <see cref="GridErrorCode.TooLarge"/>.</exception>
    public static (DataPacketKind Kind, int PayloadLength) ReadPacketHeader(ReadOnlySpan<byte> header)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        var kind = (DataPacketKind)header[4];
        var lengthMax = kind switch
        {
            DataPacketKind.Data => PayloadBytesMax,
            DataPacketKind.End => EndBytes,
            DataPacketKind.Error => ErrorBytesMax,
            _ => throw new GridException(GridErrorCode.Corrupt, $"A packet on a data port has kind {(byte)kind}; legal are 1 to 3. Open the stream again."),
        };
        if (length > (uint)lengthMax)
            throw new GridException(GridErrorCode.TooLarge, $"A packet of kind {kind} on a data port promises {length} bytes; at most {lengthMax} are legal.");
        if ((kind == DataPacketKind.End && length != EndBytes) || (kind == DataPacketKind.Error && length < 4))
            throw new GridException(GridErrorCode.Corrupt, $"A packet of kind {kind} on a data port has {length} bytes; that is too few.");
        return (kind, (int)length);
    }

    /// <summary>The hash behind a payload. The kind is its seed, so that a packet whose kind was damaged is found out too.</summary>
    public static ulong HashOf(DataPacketKind kind, ReadOnlySpan<byte> payload) => XxHash3.HashToUInt64(payload, (byte)kind);
}
