using Grid.Abstractions;

namespace Grid.Grains.Buckets;

/// <summary>Bytes that a node works on at a time. Orleans applies no back-pressure; this refuses instead of running out of memory.</summary>
internal sealed class ByteBudget(long bytesMax, GridGrainMetrics metrics)
{
    private long _used;

    public long Used => Volatile.Read(ref _used);

    /// <summary>Takes bytes until the answer is disposed.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>.</exception>
    public Share Take(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) > bytesMax)
        {
            var used = Interlocked.Add(ref _used, -bytes);
            throw new GridException(GridErrorCode.Busy, $"The node is working on {used} bytes of requests and answers; {bytes} more would exceed {bytesMax}. Try again shortly.");
        }

        metrics.BytesInFlightChanged(bytes);
        return new Share(this, bytes);
    }

    private void Return(long bytes)
    {
        Interlocked.Add(ref _used, -bytes);
        metrics.BytesInFlightChanged(-bytes);
    }

    /// <summary>Bytes taken; disposed once.</summary>
    internal readonly struct Share(ByteBudget budget, long bytes) : IDisposable
    {
        public void Dispose() => budget.Return(bytes);
    }
}
