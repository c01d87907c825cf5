using Grid.Abstractions;
using Grid.Storage;
using Grid.Storage.Objects;
using Grid.Storage.Replication;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Buckets;

/// <summary>
/// Compares from time to time what this node has with what the records say it should have: files of buckets that are not its own any more are deleted, copies that it has nothing of are made again.
/// A leader that lets a replica go tells its node, and one that is open fills a copy that is gone; this finds what that missed: a node that was off, a message that was lost, a bucket that nobody uses.
/// A leader here looks at a record that somebody else has changed. A record that was looked at is not read again before its tag changes. Where the object store is away nothing is done.
/// </summary>
internal sealed partial class BucketSweeper(
    BucketHost host, OrphanBuckets orphans, MissingBuckets missing, BucketRecordStore records, StorageNode node, GridNodeOptions options, TimeProvider time, ILogger<BucketSweeper> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int FirstSweepMsMax = 30_000;
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger<BucketSweeper> _logger = logger;
    private Dictionary<BucketId, Seen> _known = [];
    private Task _loop = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(BucketSweeper), ServiceLifecycleStage.Active, StartAsync, StopAsync);

    public void Dispose() => _stop.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = Task.Run(SweepAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop;
    }

    private async Task SweepAsync()
    {
        var delayMs = Math.Min(FirstSweepMsMax, options.SweepMs);
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delayMs = options.SweepMs;
            try
            {
                await SweepOnceAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
            catch (Exception failure) when (failure is GridException or IOException or UnauthorizedAccessException or TimeoutException)
            {
                LogNotSwept(failure);
            }
        }
    }

    private async Task SweepOnceAsync(CancellationToken cancellationToken)
    {
        var here = node.ListBuckets().ToHashSet();
        var known = new Dictionary<BucketId, Seen>();
        var lacking = new List<BucketId>();
        var unrecorded = new HashSet<BucketId>(here);
        await foreach (var (bucket, tag) in records.ListTagsAsync(null, cancellationToken).ConfigureAwait(false))
        {
            unrecorded.Remove(bucket);
            var seen = new Seen(tag, here.Contains(bucket));
            host.RecordSeen(bucket, tag);
            if (_known.TryGetValue(bucket, out var before) && before == seen)
                known.Add(bucket, seen);
            else if (seen.IsHere ? await SweptAsync(bucket, cancellationToken).ConfigureAwait(false) : !await missing.IsMissingAsync(bucket, cancellationToken).ConfigureAwait(false))
                known.Add(bucket, seen); // of this version or a newer one, whose tag differs and has it read again
            else if (!seen.IsHere)
                lacking.Add(bucket);
        }

        foreach (var bucket in unrecorded)
            await SweptAsync(bucket, cancellationToken).ConfigureAwait(false);
        _known = known;
        if (lacking.Count == 0)
            return;
        LogMissing(lacking.Count);
        var restored = await missing.RestoreAsync(lacking, cancellationToken).ConfigureAwait(false);
        LogRestored(restored, lacking.Count);
    }

    /// <summary>Deletes the files of a bucket that is none of this node's; true: it is one of them, and nothing is to be done.</summary>
    private async Task<bool> SweptAsync(BucketId bucket, CancellationToken cancellationToken)
    {
        if (!await orphans.IsUnnamedAsync(bucket, cancellationToken).ConfigureAwait(false))
            return true;
        if (await orphans.DeleteUnnamedAsync(bucket, cancellationToken).ConfigureAwait(false))
            LogDeleted(bucket);
        return false;
    }

    [LoggerMessage(2601, LogLevel.Information, "The files of bucket {Bucket} were deleted: this node is no replica of it any more.")]
    private partial void LogDeleted(BucketId bucket);

    [LoggerMessage(2602, LogLevel.Warning, "What this node has and what the records say could not be compared; it will be tried again.")]
    private partial void LogNotSwept(Exception failure);

    [LoggerMessage(2603, LogLevel.Warning, "This node has nothing of {Count} buckets that it should have a copy of: their leaders fill them.")]
    private partial void LogMissing(int count);

    [LoggerMessage(2604, LogLevel.Information, "{Restored} of {Count} missing copies are there again and in sync; the others are tried again later.")]
    private partial void LogRestored(int restored, int count);

    /// <summary>What was looked at: while it is the same, nothing has to be done.</summary>
    private readonly record struct Seen(ObjectTag Tag, bool IsHere);
}
