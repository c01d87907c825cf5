using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>A frame on its way into the log.</summary>
/// <param name="Header">What the leader does not give: lengths, rows, schema version, flags, writer, sequence, message hash.</param>
/// <param name="Message">The Arrow message; it stays untouched until the append returned.</param>
internal readonly record struct OutgoingFrame(FrameHeader Header, ReadOnlyMemory<byte> Message);
