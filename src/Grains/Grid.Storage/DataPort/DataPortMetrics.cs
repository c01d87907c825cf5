using System.Diagnostics.Metrics;

namespace Grid.Storage.DataPort;

/// <summary>The instruments of a data port, meter <see cref="MeterName"/>.</summary>
public sealed class DataPortMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Grid.DataPort";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _completed;
    private readonly Counter<long> _broken;
    private readonly Counter<long> _bytes;
    private readonly UpDownCounter<long> _open;
    private long _streamsAccepted;
    private long _streamsCompleted;
    private long _connectionsRefused;

    internal DataPortMetrics()
    {
        _accepted = _meter.CreateCounter<long>("grid.dataport.streams", "{stream}", "Streams whose ticket was accepted.");
        _completed = _meter.CreateCounter<long>("grid.dataport.completed", "{stream}", "Streams sent to their end.");
        _broken = _meter.CreateCounter<long>("grid.dataport.broken", "{stream}", "Streams that ended before their end: the source failed, the peer went away or stood still.");
        _refused = _meter.CreateCounter<long>("grid.dataport.refused", "{connection}", "Connections refused, by reason.");
        _bytes = _meter.CreateCounter<long>("grid.dataport.sent", "By", "Bytes of data sent.");
        _open = _meter.CreateUpDownCounter<long>("grid.dataport.open", "{connection}", "Connections open now.");
    }

    /// <summary>Streams whose ticket was accepted since the start.</summary>
    public long StreamsAccepted => Volatile.Read(ref _streamsAccepted);

    /// <summary>Streams sent to their end since the start.</summary>
    public long StreamsCompleted => Volatile.Read(ref _streamsCompleted);

    /// <summary>Connections refused since the start.</summary>
    public long ConnectionsRefused => Volatile.Read(ref _connectionsRefused);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    internal void Opened() => _open.Add(1);

    internal void Closed() => _open.Add(-1);

    internal void Accepted()
    {
        Interlocked.Increment(ref _streamsAccepted);
        _accepted.Add(1);
    }

    internal void Refused(string reason)
    {
        Interlocked.Increment(ref _connectionsRefused);
        _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    internal void Completed()
    {
        Interlocked.Increment(ref _streamsCompleted);
        _completed.Add(1);
    }

    internal void Broken() => _broken.Add(1);

    internal void Sent(int bytes) => _bytes.Add(bytes);
}
