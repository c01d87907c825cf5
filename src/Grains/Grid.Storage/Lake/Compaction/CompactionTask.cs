using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Reading;

namespace Grid.Storage.Lake.Compaction;

/// <summary>Files that become one.</summary>
/// <param name="Bucket">Their bucket's number.</param>
/// <param name="Table">The table; its newest schema, which is not older than theirs, is that of the new file.</param>
/// <param name="Folder">The lake table's folder below its store's root.</param>
/// <param name="Files">The files, each with the offsets that follow those of the one before it.</param>
internal sealed record CompactionTask(int Bucket, TableInfo Table, string Folder, ImmutableArray<LakeBucketFile> Files)
{
    /// <summary>Bytes that are read for it.</summary>
    public long Bytes => Files.Sum(file => file.File.Bytes);

    /// <summary>Rows that are rewritten.</summary>
    public long Rows => Files.Sum(file => file.File.Rows);
}
