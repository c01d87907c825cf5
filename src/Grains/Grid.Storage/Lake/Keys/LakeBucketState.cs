using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Tables;

namespace Grid.Storage.Lake.Keys;

/// <summary>A bucket as it is in the lake.</summary>
/// <param name="Offset">The first offset that is not there.</param>
/// <param name="Data">Its data files.</param>
/// <param name="Deletes">The files that say which of their rows are gone.</param>
internal sealed record LakeBucketState(LogOffset Offset, ImmutableArray<LakeFile> Data, ImmutableArray<LakeFile> Deletes)
{
    /// <summary>The locations of the data files.</summary>
    public IReadOnlySet<string> Locations { get; } = Data.Select(file => file.Location).ToHashSet(StringComparer.Ordinal);

    /// <summary>Reads the newest version of a table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: there is no table.</exception>
    public static async Task<LakeBucketState> ReadAsync(LakeTable lake, LakeBucket bucket, CancellationToken cancellationToken)
    {
        var head = await lake.ReadAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new GridException(GridErrorCode.StorageFailed, $"There is no lake table at {lake.Location}; it was to be made before its buckets write.");
        var data = await ListAsync(lake.ListFilesAsync(head, bucket.Number, cancellationToken)).ConfigureAwait(false);
        var deletes = await ListAsync(lake.ListDeletesAsync(head, bucket.Number, cancellationToken)).ConfigureAwait(false);
        return new LakeBucketState(head.Offsets[bucket], data, deletes);
    }

    private static async Task<ImmutableArray<LakeFile>> ListAsync(IAsyncEnumerable<LakeFile> files)
    {
        var list = ImmutableArray.CreateBuilder<LakeFile>();
        await foreach (var file in files.ConfigureAwait(false))
            list.Add(file);
        return list.ToImmutable();
    }
}
