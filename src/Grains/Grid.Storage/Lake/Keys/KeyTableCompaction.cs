using Grid.Abstractions;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// Compacts a primary-key table's lake: has bucket by bucket rewrite what is worth it, where the bucket's index is, and commits that in place of the files that it was made of. A commit comes in only where the bucket is still at
/// its offset and all files are there that leave, or that new deletes name; so whatever fails, or is done twice by two of it, leaves the table's rows as they are.
/// </summary>
/// <param name="lake">The lake table.</param>
/// <param name="store">Its store.</param>
/// <param name="write">Has a bucket that is at an offset rewrite files: what is worth it, or, where it was asked for, all that could be better.</param>
/// <param name="options">When.</param>
internal sealed class KeyTableCompaction(
    LakeTable lake, ILakeStore store, Func<TableInfo, LakeBucket, LogOffset, bool, CancellationToken, Task<CompactedFiles>> write, CompactionOptions options) : ITableCompaction
{
    private readonly Queue<LakeBucket> _buckets = [];
    private SequenceNumber _looked;
    private volatile bool _isAsked;
    private volatile bool _asked;
    private volatile CompactionNumbers _numbers = new(null, null);

    /// <inheritdoc/>
    public CompactionNumbers Numbers => _numbers;

    /// <inheritdoc/>
    public bool IsAsked => _asked || _isAsked;

    /// <inheritdoc/>
    public void Ask() => _asked = true;

    /// <inheritdoc/>
    public bool IsDue(LakeState? head) =>
        _asked || _buckets.Count > 0 || (options.IsOn && head is not null && head.Metadata.LastSequence.Value - _looked.Value >= options.FilesMin);

    /// <inheritdoc/>
    public async Task<CompactionStep> RunAsync(TableInfo table, CancellationToken cancellationToken)
    {
        if (await lake.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } head)
        {
            _asked = false;
            return CompactionStep.Nothing;
        }

        if (_buckets.Count == 0 || _asked)
        {
            (_isAsked, _asked, _looked) = (_asked, false, head.Metadata.LastSequence);
            _buckets.Clear();
            foreach (var bucket in head.Offsets.Buckets)
                _buckets.Enqueue(bucket);
        }

        try
        {
            while (_buckets.TryPeek(out var bucket))
            {
                var files = await write(table, bucket, head.Offsets[bucket], _isAsked, cancellationToken).ConfigureAwait(false);
                if (!files.Added.IsEmpty || !files.Removed.IsEmpty)
                    return await CommitAsync(head, bucket, files, table, cancellationToken).ConfigureAwait(false);
                _buckets.Dequeue();
            }
        }
        catch (Exception) when (_buckets.Count > 1)
        {
            // The others are not held up by this one, which comes again behind them.
            _buckets.Enqueue(_buckets.Dequeue());
            throw;
        }

        _isAsked = false;
        return CompactionStep.Nothing;
    }

    private async Task<CompactionStep> CommitAsync(LakeState head, LakeBucket bucket, CompactedFiles files, TableInfo table, CancellationToken cancellationToken)
    {
        var change = new LakeChange
        {
            From = head.Offsets,
            To = head.Offsets,
            Guarded = [bucket],
            Added = files.Added,
            Removed = files.Removed,
            Needed = files.Needed,
            Schema = table.Schema,
        };
        var commit = await lake.CommitAsync(change, cancellationToken).ConfigureAwait(false);
        switch (commit.Outcome)
        {
            case LakeOutcome.Committed:
                // The bucket stays at the head of the queue: what became larger may find company of its size.
                _numbers = _numbers with { CommittedMs = commit.State!.Metadata.LastUpdatedMs };
                return new CompactionStep(files.Removed.Length, files.Added.Length, files.Removed.Sum(file => file.Bytes), files.Added.Sum(file => file.Bytes));
            case LakeOutcome.Discarded:
                await UnusedFiles.DeleteAsync(store, files.Added).ConfigureAwait(false);
                if (commit.IsLostRace)
                    return CompactionStep.Nothing;
                cancellationToken.ThrowIfCancellationRequested();
                throw new GridException(GridErrorCode.StorageFailed, $"A compaction of the lake table {lake.Location} was given up, since its store fails: {commit.Failure?.Message ?? "no answer in time"} It is made again later.");
            default:
                throw new GridException(GridErrorCode.StorageFailed, $"Whether a compaction of the lake table {lake.Location} was committed is not known; the next one finds out.");
        }
    }
}
