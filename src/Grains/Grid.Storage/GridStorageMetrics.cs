using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Grid.Storage.Buckets;
using Grid.Storage.Replication;

namespace Grid.Storage;

/// <summary>The instruments of a node's storage, meter <see cref="MeterName"/>. No tags: a node may have a million buckets.</summary>
public sealed class GridStorageMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Grid.Storage";

    private readonly Meter _meter = new(MeterName);
    private readonly ConcurrentDictionary<BucketEngine, bool> _open = new();
    private readonly Counter<long> _appendedFrames;
    private readonly Counter<long> _appendedRows;
    private readonly Counter<long> _appendedBytes;
    private readonly Counter<long> _refusedWrites;
    private readonly Counter<long> _repeatedWrites;
    private readonly Counter<long> _stoppedBuckets;
    private readonly Counter<long> _fetches;
    private readonly Counter<long> _fetchedBytes;
    private readonly Counter<long> _skippedFrames;
    private readonly Counter<long> _deletedSegments;
    private readonly Counter<long> _cutBytes;
    private readonly Histogram<double> _flushTime;
    private readonly Histogram<double> _appendTime;
    private readonly Histogram<int> _groupWrites;

    internal GridStorageMetrics()
    {
        _appendedFrames = _meter.CreateCounter<long>("grid.storage.append.frames", "{frame}", "Frames appended to logs.");
        _appendedRows = _meter.CreateCounter<long>("grid.storage.append.rows", "{row}", "Rows appended to logs.");
        _appendedBytes = _meter.CreateCounter<long>("grid.storage.append.bytes", "By", "Bytes of frames appended to logs.");
        _appendTime = _meter.CreateHistogram<double>("grid.storage.append.duration", "s", "Time of one gathered write of a group.");
        _groupWrites = _meter.CreateHistogram<int>("grid.storage.group.writes", "{request}", "Requests written together.");
        _flushTime = _meter.CreateHistogram<double>("grid.storage.flush.duration", "s", "Time of one flush to disk.");
        _refusedWrites = _meter.CreateCounter<long>("grid.storage.write.refused", "{request}", "Writes refused.");
        _repeatedWrites = _meter.CreateCounter<long>("grid.storage.write.repeated", "{request}", "Writes answered from memory because they were stored before.");
        _stoppedBuckets = _meter.CreateCounter<long>("grid.storage.write.stopped", "{bucket}", "Buckets that stopped writing after a failure.");
        _fetches = _meter.CreateCounter<long>("grid.storage.fetch.calls", "{call}", "Fetches answered.");
        _fetchedBytes = _meter.CreateCounter<long>("grid.storage.fetch.bytes", "By", "Bytes of frames sent to readers.");
        _skippedFrames = _meter.CreateCounter<long>("grid.storage.fetch.skipped", "{frame}", "Frames not sent because their statistics rule them out.");
        _deletedSegments = _meter.CreateCounter<long>("grid.storage.retention.segments", "{segment}", "Segments deleted by retention.");
        _cutBytes = _meter.CreateCounter<long>("grid.storage.recovery.cut", "By", "Bytes of torn frames cut off when logs were opened.");
        _meter.CreateObservableGauge("grid.storage.buckets.open", () => _open.Count, "{bucket}", "Buckets open on this node.");
        _meter.CreateObservableGauge("grid.storage.buckets.led", () => Sum(static engine => engine.Replica?.Role == ReplicaRole.Leading ? 1 : 0), "{bucket}", "Replicated buckets that this node leads.");
        _meter.CreateObservableGauge("grid.storage.buckets.under_replicated", () => Sum(static engine => engine.Replica is { IsUnderReplicated: true } ? 1 : 0), "{bucket}",
            "Buckets that this node leads and that have a replica which is not in sync.");
        _meter.CreateObservableGauge("grid.storage.write.queued", () => Sum(static engine => engine.QueuedWrites), "{request}", "Writes waiting in queues.");
        _meter.CreateObservableGauge("grid.storage.log.end", () => Sum(static engine => engine.LogEndOffset.Value), "{row}", "Log end offsets of all open buckets together.");
        _meter.CreateObservableGauge("grid.storage.log.high_watermark", () => Sum(static engine => engine.HighWatermark.Value), "{row}", "High watermarks of all open buckets together.");
        _meter.CreateObservableGauge("grid.storage.log.bytes", () => Sum(static engine => engine.LogBytes), "By", "Bytes of the logs of all open buckets.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void BucketOpened(BucketEngine engine, long bytesCut)
    {
        _open[engine] = true;
        if (bytesCut > 0)
            _cutBytes.Add(bytesCut);
    }

    internal void BucketClosed(BucketEngine engine) => _open.TryRemove(engine, out _);

    internal void GroupAppended(int writes, int frames, long rows, long bytes, TimeSpan time)
    {
        _groupWrites.Record(writes);
        _appendedFrames.Add(frames);
        _appendedRows.Add(rows);
        _appendedBytes.Add(bytes);
        _appendTime.Record(time.TotalSeconds);
    }

    internal void Flushed(TimeSpan time) => _flushTime.Record(time.TotalSeconds);

    internal void WriteRefused() => _refusedWrites.Add(1);

    internal void WriteRepeated() => _repeatedWrites.Add(1);

    internal void WritingStopped() => _stoppedBuckets.Add(1);

    internal void Fetched(int bytes)
    {
        _fetches.Add(1);
        _fetchedBytes.Add(bytes);
    }

    internal void FramesSkipped(int frames) => _skippedFrames.Add(frames);

    internal void SegmentsDeleted(int segments) => _deletedSegments.Add(segments);

    private long Sum(Func<BucketEngine, long> value)
    {
        var sum = 0L;
        foreach (var (engine, _) in _open)
            sum += value(engine);
        return sum;
    }
}
