using System.Diagnostics.Metrics;
using Grid.Grains;

namespace Grid.Silo.Demo;

/// <summary>Counts the bytes of rows that this process's buckets send, from their own instrument.</summary>
internal sealed class SentBytes : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _bytes;

    public SentBytes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == GridGrainMetrics.MeterName && instrument.Name == "grid.bucket.sent")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, bytes, _, _) => Interlocked.Add(ref _bytes, bytes));
        _listener.Start();
    }

    public long Value => Interlocked.Read(ref _bytes);

    public void Dispose() => _listener.Dispose();
}
