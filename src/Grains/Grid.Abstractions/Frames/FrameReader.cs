using System.Buffers.Binary;

namespace Grid.Abstractions;

/// <summary>Walks the frames of a block: checks each header and the message's hash before handing it out.</summary>
public ref struct FrameReader
{
    private readonly ReadOnlyMemory<byte> _frames;
    private int _position;

    /// <summary>Starts at the block's beginning.</summary>
    public FrameReader(ReadOnlyMemory<byte> frames) => _frames = frames;

    /// <summary>The frame that <see cref="Read"/> came to.</summary>
    public Frame Current { get; private set; }

    /// <summary>Goes to the next frame; false at the end.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: with the position in the block and what is wrong; <see cref="GridErrorCode.TooLarge"/>.</exception>
    public bool Read()
    {
        Current = default;
        if (_position == _frames.Length)
            return false;

        var rest = _frames[_position..];
        var error = FrameHeader.TryRead(rest.Span, out var header);
        if (error != FrameHeaderError.None)
            throw HeaderRefusal(error, rest.Span);
        if (header.MessageLength > rest.Length - FrameHeader.Size)
            throw Corrupt($"its message of {header.MessageLength} bytes ends {header.FrameLength - rest.Length} bytes behind the block");

        var message = rest.Slice(FrameHeader.Size, header.MessageLength);
        var hash = FrameHeader.HashOf(message.Span);
        if (hash != header.MessageHash)
            throw Corrupt($"its message hashes to {hash:x16}, the header says {header.MessageHash:x16}");

        Current = new Frame(header, message);
        _position += header.FrameLength;
        return true;
    }

    private readonly GridException HeaderRefusal(FrameHeaderError error, ReadOnlySpan<byte> source)
    {
        if (error != FrameHeaderError.Range)
            return Corrupt(error == FrameHeaderError.Truncated ? $"{source.Length} bytes are left and a header has {FrameHeader.Size}" : $"its header is wrong ({error})");

        var length = BinaryPrimitives.ReadInt32LittleEndian(source[4..]);
        return length > FrameHeader.MessageLengthMax
            ? new GridException(GridErrorCode.TooLarge, $"The frame at byte {_position} has a message of {length} bytes; the limit is {FrameHeader.MessageLengthMax}.")
            : Corrupt("a field of its header is outside its legal range");
    }

    private readonly GridException Corrupt(string what) =>
        new(GridErrorCode.Corrupt, $"The frame at byte {_position} of {_frames.Length} is damaged: {what}. Fetch or send it again.");
}
