using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tables;

namespace Grid.Grains.Tiering;

/// <summary>The files of one version of a lake table, handed out in pages. A version does not change, so whoever reads it again finds the same files in the same order.</summary>
internal sealed class LakeListing(LakeTable lake, LakeState state, TableInfo table, ImmutableArray<LakeDataFile> files)
{
    // What an answer has beside a file's texts: numbers, tags, lengths.
    private const int FileBytes = 48;

    public int Version => state.Version;

    /// <summary>Reads the manifests of a version.</summary>
    public static async Task<LakeListing> ReadAsync(LakeTable lake, LakeState state, TableInfo table, CancellationToken cancellationToken)
    {
        var files = ImmutableArray.CreateBuilder<LakeDataFile>();
        await foreach (var file in lake.ListFilesAsync(state, bucket: null, cancellationToken).ConfigureAwait(false))
            files.Add(Of(file, table.Schema));
        await foreach (var file in lake.ListDeletesAsync(state, bucket: null, cancellationToken).ConfigureAwait(false))
            files.Add(Of(file, table.Schema));
        return new LakeListing(lake, state, table, files.DrainToImmutable());
    }

    /// <summary>The page behind the files of earlier ones.</summary>
    public LakeFilesAnswer Page(int skip)
    {
        var end = EndOf(files, skip);
        return new LakeFilesAnswer
        {
            Location = lake.Location,
            Version = state.Version,
            Snapshot = state.Metadata.CurrentSnapshotId?.Value,
            CommittedMs = state.Metadata.LastUpdatedMs,
            Tiered = skip > 0 ? [] : [.. Enumerable.Range(0, table.Options.Buckets).Select(bucket => state.Offsets[new LakeBucket(new PartitionId(0), bucket)])],
            Files = files[Math.Min(skip, end)..end],
            Next = end < files.Length ? end : null,
        };
    }

    /// <summary>Where the page behind some files ends: with the file that fills it.</summary>
    internal static int EndOf(ImmutableArray<LakeDataFile> files, int skip)
    {
        var end = Math.Min(skip, files.Length);
        for (var bytes = 0; end < files.Length && bytes < LakeFilesAnswer.BytesMax; end++)
            bytes += FileBytes + files[end].Location.Length + files[end].Statistics.Length;
        return end;
    }

    private static LakeDataFile Of(LakeFile file, TableSchema schema) => new()
    {
        Location = file.Location,
        Content = (LakeContent)file.Content,
        Bucket = file.Partition is [.., int bucket] ? bucket : LakeDataFile.BucketUnknown,
        Rows = file.Rows,
        Bytes = file.Bytes,
        Statistics = LakeFileStatistics.Of(file, schema),
    };
}
