namespace Grid.Abstractions;

/// <summary>One frame in memory that somebody else owns.</summary>
/// <param name="Header">The checked header.</param>
/// <param name="Message">The Arrow message; its hash was checked.</param>
public readonly record struct Frame(FrameHeader Header, ReadOnlyMemory<byte> Message);

/// <summary>Walks the frames of a block: checks each header and the message's hash before handing it out.</summary>
public ref struct FrameReader
{
    /// <summary>Starts at the block's beginning.</summary>
    public FrameReader(ReadOnlyMemory<byte> frames) => throw new NotImplementedException();

    /// <summary>The frame that <see cref="Read"/> came to.</summary>
    public Frame Current { get; private set; }

    /// <summary>Goes to the next frame; false at the end.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: with the position in the block and what is wrong; <see cref="GridErrorCode.TooLarge"/>.</exception>
    public bool Read() => throw new NotImplementedException();
}
