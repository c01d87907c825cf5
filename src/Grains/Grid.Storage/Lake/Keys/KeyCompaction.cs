using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tiering;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// Rewrites files of a primary-key table's bucket: live rows of small and of much deleted data files into new ones, in key order, and delete files into fewer. What it writes of the index is pending until the commit is known to
/// have succeeded, as with a round. Memory: a bit a row of the bucket's data files, and what <see cref="KeyMerge"/> takes.
/// </summary>
internal sealed class KeyCompaction(ILakeStore store, LakeIndex index, TierTask task, TierOptions options)
{
    /// <summary>Runs it; nobody refers yet to what it wrote.</summary>
    public async Task<CompactedFiles> RunAsync(LakeBucketState bucket, KeyCompactionRule rule, CancellationToken cancellationToken)
    {
        // 1. What counts.
        var byLocation = bucket.Data.ToDictionary(file => file.Location, StringComparer.Ordinal);
        var reading = new LakeFramesOptions();
        var deleted = await PositionDeletes.ReadAsync(store, bucket.Deletes, byLocation, reading, cancellationToken).ConfigureAwait(false);
        var plan = KeyCompactionPlan.Of(
            bucket.Data.Select(file => new CountedFile(file, file.Rows - (deleted.Of(file.Location)?.Count ?? 0))),
            bucket.Deletes.Select(file => new CountedFile(file, deleted.NamedBy(file).Values.Sum())),
            rule);
        if (plan.IsEmpty)
            return CompactedFiles.None;

        // 2. The live rows of the data files, into new ones.
        var files = new KeyFiles(index, store, task, options);
        if (!plan.Data.IsEmpty)
        {
            var merge = await KeyMerge.OpenAsync(store, plan.Data, deleted.Rows, task.Table.Schema, cancellationToken).ConfigureAwait(false);
            await using (merge.ConfigureAwait(false))
                await files.WriteRowsAsync(merge.NextAsync, cancellationToken).ConfigureAwait(false);
            var (live, written) = (plan.Data.Sum(file => file.Rows - (deleted.Of(file.Location)?.Count ?? 0)), files.Files.Sum(file => file.Rows));
            if (live != written)
                throw new GridException(GridErrorCode.Corrupt, $"{written} rows were written of bucket {task.Bucket} of {task.Table.Path} where {live} were to be; nothing of it is used. Report this.");
        }

        // 3. What is still to be said of the data files that stay, in one delete file. Those that speak of none of them go too.
        var removedData = plan.Data.Concat(plan.Dead).Select(file => file.Location).ToHashSet(StringComparer.Ordinal);
        var staying = byLocation.Where(file => !removedData.Contains(file.Key)).ToDictionary(StringComparer.Ordinal);
        var merged = await PositionDeletes.ReadAsync(store, plan.Deletes, staying, reading, cancellationToken).ConfigureAwait(false);
        await files.WriteDeletesAsync(merged.Rows.ToDictionary(pair => pair.Key, pair => pair.Value.ToList(), StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
        var mute = bucket.Deletes.Where(file => !deleted.NamedBy(file).Keys.Any(staying.ContainsKey)).Take(rule.FilesMax);

        // 4. The offset stays, the files change.
        index.CompletePending(new LakeIndexState
        {
            Offset = bucket.Offset.Value,
            Files = index.State.Files.RemoveRange(index.State.Files.Where(file => removedData.Contains(file.Value)).Select(file => file.Key)).AddRange(files.Numbers),
        });
        return new CompactedFiles(files.Files, [.. plan.Data.Concat(plan.Dead).Concat(plan.Deletes).Concat(mute).DistinctBy(file => file.Location)]) { Needed = files.Needed };
    }
}
