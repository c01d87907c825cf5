namespace Grid.Storage.Log;

/// <summary>Bytes a second over the last 10 to 20 minutes, as far as somebody asked: measured between two looks at a counter that only rises. Thread safe.</summary>
internal sealed class WriteRate(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    private readonly Lock _lock = new();
    private (long At, long Bytes) _older = (time.GetTimestamp(), 0);
    private (long At, long Bytes) _newer = (time.GetTimestamp(), 0);

    public long PerSecond(long bytesSoFar)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var seconds = time.GetElapsedTime(_older.At, now).TotalSeconds;
            var rate = seconds < 1 ? 0 : (long)((bytesSoFar - _older.Bytes) / seconds);
            if (time.GetElapsedTime(_newer.At, now) >= Window)
                (_older, _newer) = (_newer, (now, bytesSoFar));
            return rate;
        }
    }
}
