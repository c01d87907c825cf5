using Grid.Abstractions;

namespace Grid.Storage.DataPort;

/// <summary>What a set of files is.</summary>
/// <param name="Files">How many.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="LogEndOffset">The offset after the last frame in them: a replica goes on from here.</param>
/// <param name="AppliedOffset">The offset up to which the shard has the log, never above <paramref name="LogEndOffset"/>; null: there is no shard.</param>
public readonly record struct FileSetHead(int Files, long Bytes, LogOffset LogEndOffset, LogOffset? AppliedOffset);
