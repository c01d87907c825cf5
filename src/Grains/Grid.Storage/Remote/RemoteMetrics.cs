using System.Diagnostics.Metrics;

namespace Grid.Storage.Remote;

/// <summary>The instruments of remote segments, of the meter of the node's storage.</summary>
public sealed class RemoteMetrics : IDisposable
{
    private readonly Meter _meter = new(GridStorageMetrics.MeterName);
    private readonly Counter<long> _copiedSegments;
    private readonly Counter<long> _copiedBytes;
    private readonly Counter<long> _expiredSegments;
    private readonly Counter<long> _deletedObjects;
    private readonly Counter<long> _lostRaces;
    private readonly Counter<long> _reads;
    private readonly Counter<long> _readCalls;
    private readonly Counter<long> _readBytes;

    /// <summary>Makes the instruments.</summary>
    public RemoteMetrics()
    {
        _copiedSegments = _meter.CreateCounter<long>("grid.remote.copy.segments", "{segment}", "Segments copied to the object store.");
        _copiedBytes = _meter.CreateCounter<long>("grid.remote.copy.bytes", "By", "Bytes of segments copied to the object store.");
        _lostRaces = _meter.CreateCounter<long>("grid.remote.copy.lost", "{change}", "Changes of manifests that somebody else was quicker with.");
        _expiredSegments = _meter.CreateCounter<long>("grid.remote.retention.segments", "{segment}", "Remote segments that expired.");
        _deletedObjects = _meter.CreateCounter<long>("grid.remote.deleted.objects", "{object}", "Objects of remote segments deleted: expired, or left over.");
        _reads = _meter.CreateCounter<long>("grid.remote.read.answers", "{answer}", "Reads answered from remote segments.");
        _readCalls = _meter.CreateCounter<long>("grid.remote.read.calls", "{call}", "Ranges read of remote segments and their indexes.");
        _readBytes = _meter.CreateCounter<long>("grid.remote.read.bytes", "By", "Bytes read of remote segments and their indexes.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void Copied(long bytes)
    {
        _copiedSegments.Add(1);
        _copiedBytes.Add(bytes);
    }

    internal void RaceLost() => _lostRaces.Add(1);

    internal void Expired(int segments) => _expiredSegments.Add(segments);

    internal void Deleted() => _deletedObjects.Add(1);

    internal void Answered() => _reads.Add(1);

    internal void RangeRead(int bytes)
    {
        _readCalls.Add(1);
        _readBytes.Add(bytes);
    }
}
