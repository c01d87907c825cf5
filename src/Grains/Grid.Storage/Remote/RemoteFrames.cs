using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>Checks the frames of a copied segment against what its index says of them, before anything is made of their bytes.</summary>
internal static class RemoteFrames
{
    /// <summary>Reads the header at a byte of a run; the offset must be the one that the frame before, or the index, says.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public static FrameHeader Require(string name, ReadOnlySpan<byte> bytes, long expected, SchemaVersion version, int lengthMax)
    {
        var error = FrameHeader.TryRead(bytes, out var header);
        if (error != FrameHeaderError.None || header.BaseOffset.Value != expected || header.SchemaVersion != version || header.FrameLength > lengthMax)
            throw RemoteErrors.Damaged(name, $"the frame of offset {expected} is not where its index has it ({error})");
        return header;
    }

    /// <summary>The frames of bytes that are all of a run: offsets without gaps, up to the end that the index says, messages with the hashes that the headers say.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public static IEnumerable<Frame> Walk(string name, ReadOnlyMemory<byte> bytes, RemoteIndex index, int run)
    {
        var (expected, end) = (index.Runs[run].BaseOffset, index.EndOffsetOf(run).Value);
        for (var at = 0; at < bytes.Length;)
        {
            var header = Require(name, bytes.Span[at..], expected, index.SchemaVersion, bytes.Length - at);
            var message = bytes.Slice(at + FrameHeader.Size, header.MessageLength);
            if (FrameHeader.HashOf(message.Span) != header.MessageHash)
                throw RemoteErrors.Damaged(name, $"the message of the frame of offset {expected} does not have the hash that its header says");
            yield return new Frame(header, message);
            (at, expected) = (at + header.FrameLength, header.EndOffset.Value);
        }

        if (expected != end)
            throw RemoteErrors.Damaged(name, $"its frames up to offset {expected} should reach {end}");
    }

    /// <summary>The flatbuffer of a message of which at least that much is there.</summary>
    public static ReadOnlySpan<byte> MetadataOf(ReadOnlySpan<byte> message, int messageLength)
    {
        var length = ArrowMessage.MetadataLength(message, messageLength);
        return message.Slice(ArrowMessage.PrefixBytes, length);
    }
}
