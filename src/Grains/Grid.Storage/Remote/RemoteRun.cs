namespace Grid.Storage.Remote;

/// <summary>Frames of a segment that are read together: one of any size, or several that have <see cref="RemoteLimits.RunBytesMax"/> bytes together at most.</summary>
/// <param name="BaseOffset">The offset of the first one.</param>
/// <param name="TimestampMs">The commit timestamp of the first one.</param>
/// <param name="Position">The byte of its header in the segment.</param>
/// <param name="HeadLength">Of one that is larger than that: bytes before its body, which are read first where only some of it may be wanted. Else 0.</param>
internal readonly record struct RemoteRun(long BaseOffset, long TimestampMs, int Position, int HeadLength);
