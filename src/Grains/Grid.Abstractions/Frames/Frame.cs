namespace Grid.Abstractions;

/// <summary>One frame in memory that somebody else owns.</summary>
/// <param name="Header">The checked header.</param>
/// <param name="Message">The Arrow message; its hash was checked.</param>
public readonly record struct Frame(FrameHeader Header, ReadOnlyMemory<byte> Message);
