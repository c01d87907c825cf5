using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Remote;

/// <summary>A bucket's rows that its log gave up and that are in its remote segments. A manifest that was read once serves until an offset behind it is asked for, or until an object of it is gone.</summary>
internal sealed class RemoteHistory(RemoteBucket bucket) : ILogHistory
{
    /// <summary>How often a read begins anew because an object is gone: a segment may expire while it is read.</summary>
    private const int AnewMax = 2;

    /// <inheritdoc/>
    public async ValueTask<LogOffset?> FindStartAsync(CancellationToken cancellationToken) =>
        await bucket.GetManifestAsync(LogOffset.Zero, cancellationToken).ConfigureAwait(false) is { Segments.IsEmpty: false } manifest ? manifest.Start : null;

    /// <summary>Whether it has the row of an offset.</summary>
    public async ValueTask<bool> HasAsync(LogOffset offset, CancellationToken cancellationToken) =>
        await bucket.GetManifestAsync(offset, cancellationToken).ConfigureAwait(false) is { } manifest && manifest.Find(offset) >= 0;

    /// <inheritdoc/>
    public async ValueTask<LogOffset> FindTimestampAsync(TableInfo table, long timestampMs, LogOffset below, CancellationToken cancellationToken)
    {
        for (var anew = 0; ; anew++)
        {
            var manifest = await bucket.GetManifestAsync(new LogOffset(Math.Max(0, below.Value - 1)), cancellationToken).ConfigureAwait(false);
            if (manifest is null)
                return below;
            try
            {
                // Commit times never fall within a bucket: the first segment that reaches the time has the row.
                foreach (var segment in manifest.Segments)
                    if (segment.LastTimestampMs >= timestampMs && segment.From >= manifest.Start)
                        return await FindTimestampAsync(segment, timestampMs, cancellationToken).ConfigureAwait(false) is var found && found < below ? found : below;
                return below;
            }
            catch (GridException failure) when (RemoteErrors.IsGone(failure) && anew < AnewMax)
            {
                bucket.Forget(manifest);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<(FrameBlock? Frames, LogOffset Next)> ReadAsync(FetchRequest request, TableInfo table, LogOffset from, CancellationToken cancellationToken)
    {
        for (var anew = 0; ; anew++)
        {
            var manifest = await bucket.GetManifestAsync(from, cancellationToken).ConfigureAwait(false);
            if (manifest is null || manifest.Find(from) is not (>= 0 and var found))
                throw new GridException(GridErrorCode.OffsetOutOfRange,
                    $"Offset {from} of bucket {bucket.Bucket} is neither in the log nor in its remote segments, which go from {manifest?.Start ?? from} to {manifest?.End ?? from}. Start at the earliest or the latest offset.");
            try
            {
                var segment = manifest.Segments[found];
                var index = await bucket.Storage.GetIndexAsync(bucket.Bucket, segment, cancellationToken).ConfigureAwait(false);
                var read = new RemoteRead(bucket.Storage, RemoteNames.SegmentOf(bucket.Bucket, segment), index, new FetchShape(request, table));
                var answer = await read.RunAsync(from, cancellationToken).ConfigureAwait(false);
                bucket.Storage.Metrics.Answered();
                return answer;
            }
            catch (GridException failure) when (RemoteErrors.IsGone(failure) && anew < AnewMax)
            {
                bucket.Forget(manifest);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<LogOffset> FindTimestampAsync(RemoteSegment segment, long timestampMs, CancellationToken cancellationToken)
    {
        var index = await bucket.Storage.GetIndexAsync(bucket.Bucket, segment, cancellationToken).ConfigureAwait(false);
        var run = index.FindBefore(timestampMs);
        var found = index.EndOffsetOf(Math.Max(run, 0));
        if (run < 0)
            found = segment.BaseOffset;
        else if (index.Runs[run].HeadLength == 0)
            found = await FindInRunAsync(segment, index, run, timestampMs, cancellationToken).ConfigureAwait(false) ?? found;
        return found < segment.From ? segment.From : found;
    }

    private async Task<LogOffset?> FindInRunAsync(RemoteSegment segment, RemoteIndex index, int run, long timestampMs, CancellationToken cancellationToken)
    {
        var (name, position) = (RemoteNames.SegmentOf(bucket.Bucket, segment), index.Runs[run].Position);
        var bytes = await bucket.Storage.ReadAsync(name, position, index.EndOf(run) - position, cancellationToken).ConfigureAwait(false);
        foreach (var frame in RemoteFrames.Walk(name, bytes, index, run))
            if (frame.Header.TimestampMs >= timestampMs)
                return frame.Header.BaseOffset;
        return null;
    }
}
