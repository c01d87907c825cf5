using System.Collections.Concurrent;
using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;

namespace Grid.Storage.Lake.Tiering;

/// <summary>
/// The rounds of one table's tiering: its buckets write files of what the lake does not have yet, one commit takes them all in. A round that fails anywhere loses nothing: what is not committed is still in the
/// log, and the next round begins where the lake ends, whoever ended it there. One round at a time; reports and questions come from any thread.
/// </summary>
/// <param name="lake">The lake table.</param>
/// <param name="store">Its store.</param>
/// <param name="write">Has a bucket write from an offset on.</param>
/// <param name="time">The clock.</param>
internal sealed class TableTiering(LakeTable lake, ILakeStore store, Func<TableInfo, LakeBucket, LogOffset, CancellationToken, Task<TieredRows>> write, TimeProvider time)
{
    private const int BucketsAtOnce = 8;
    private readonly TierBacklog _backlog = new(time);
    private volatile LakeState? _head;

    /// <summary>What is in the lake and what is not.</summary>
    public TierBacklog Backlog => _backlog;

    /// <summary>The lake table as it was read or committed last; null: it was not, there is none, or a commit's outcome is not known.</summary>
    public LakeState? Head
    {
        get => _head;
        private set
        {
            _head = value;
            if (value is not null)
                _backlog.Commit(value.Offsets);
        }
    }

    /// <summary>The lake table's newest state; null: there is none yet.</summary>
    /// <exception cref="GridException">The store does not answer, or the table is damaged.</exception>
    public async Task<LakeState?> ReadHeadAsync(CancellationToken cancellationToken) =>
        Head ??= await lake.ReadAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The head that is known may not be the newest any more.</summary>
    public void Forget() => Head = null;

    /// <summary>One round.</summary>
    /// <returns>Why not every bucket came along; null: every one did.</returns>
    /// <exception cref="GridException">The round as a whole failed.</exception>
    public async Task<Exception?> RunAsync(TableInfo table, CancellationToken cancellationToken)
    {
        // 1. Where the lake ends.
        _backlog.Begin();
        var head = await ReadHeadAsync(cancellationToken).ConfigureAwait(false);
        if (head is null && _backlog.IsEmpty)
            return null;
        head ??= Head = await lake.CreateAsync(
            new LakeTableIdentity(table.Id, table.Path), table.Schema, LakePartitionSpec.Of(table), cancellationToken).ConfigureAwait(false);

        // 2. The buckets write what comes after it.
        var (parts, failure) = await WriteAsync(table, head.Offsets, cancellationToken).ConfigureAwait(false);
        var to = head.Offsets;
        foreach (var (bucket, rows) in parts)
            to = to.With(bucket, rows.End);
        ImmutableArray<LakeFile> files = [.. parts.OrderBy(part => part.Key).SelectMany(part => part.Value.Files)];
        if (to.Equals(head.Offsets))
            return failure;

        // 3. One commit, or none.
        var commit = await lake.CommitAsync(
            new LakeChange { From = head.Offsets, To = to, Added = files, Needed = [.. parts.Values.SelectMany(part => part.Needed)], Schema = table.Schema }, cancellationToken).ConfigureAwait(false);
        Head = commit.State;
        switch (commit.Outcome)
        {
            case LakeOutcome.Committed:
                // A round that ended at its bounds goes on at once, behind the other tables' that wait for their turn.
                if (parts.Values.Any(rows => rows.End < rows.HighWatermark))
                    _backlog.Ask();
                return failure;
            case LakeOutcome.Discarded:
                Head = null;
                await UnusedFiles.DeleteAsync(store, files).ConfigureAwait(false);
                if (commit.IsLostRace)
                    _backlog.Ask();
                return Discarded(commit);
            default:
                Head = null;
                return new GridException(GridErrorCode.StorageFailed, $"Whether a commit to the lake table {lake.Location} succeeded is not known; the next round finds out.");
        }
    }

    private GridException Discarded(LakeCommit commit) => commit.Reason switch
    {
        DiscardReason.OffsetsMoved => new(GridErrorCode.VersionConflict, $"Somebody else brought rows into the lake table {lake.Location} meanwhile; the round is thrown away, and the next goes on from there."),
        DiscardReason.FileGone => new(GridErrorCode.VersionConflict, $"Somebody else rewrote files of the lake table {lake.Location} meanwhile; the round is thrown away and made again."),
        DiscardReason.Outrun => new(GridErrorCode.VersionConflict, $"Somebody else committed to the lake table {lake.Location} each time before this did; the round is thrown away and made again."),
        DiscardReason.Cancelled => new(GridErrorCode.Closing, $"A commit to the lake table {lake.Location} was given up, since its tiering ends here; it goes on elsewhere."),
        _ => new(GridErrorCode.StorageFailed, $"A commit to the lake table {lake.Location} was given up, since its store fails: {commit.Failure?.Message ?? "no answer in time"} The round is thrown away and made again later."),
    };

    private async Task<(ConcurrentDictionary<LakeBucket, TieredRows> Parts, Exception? Failure)> WriteAsync(TableInfo table, LakeOffsets from, CancellationToken cancellationToken)
    {
        var parts = new ConcurrentDictionary<LakeBucket, TieredRows>();
        Exception? failure = null;
        await Parallel.ForEachAsync(_backlog.Behind(), new ParallelOptions { MaxDegreeOfParallelism = BucketsAtOnce, CancellationToken = cancellationToken }, async (bucket, token) =>
        {
            try
            {
                var rows = await write(table, bucket, from[bucket], token).ConfigureAwait(false);
                if (rows.End < from[bucket])
                    throw new GridException(GridErrorCode.Corrupt, $"Bucket {table.Bucket(bucket.Partition, bucket.Number)} tiered from offset {from[bucket]} to {rows.End}; report this.");
                parts[bucket] = rows;
                _backlog.Report(bucket, rows.HighWatermark);
            }
            catch (Exception e) when (!token.IsCancellationRequested)
            {
                // The others' rows are not held up by this one.
                Interlocked.CompareExchange(ref failure, e, null);
            }
        }).ConfigureAwait(false);
        return (parts, failure);
    }
}
