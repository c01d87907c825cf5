namespace Grid.Storage.Remote;

/// <summary>Lets so many bytes a second pass, of all copies of a node together: they are background work. Thread safe.</summary>
internal sealed class CopyPace(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _begin = time.GetTimestamp();
    private TimeSpan _freeAt;

    /// <summary>Returns when the bytes may pass.</summary>
    public Task WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        if (bytesPerSecond == 0)
            return Task.CompletedTask;
        TimeSpan wait;
        lock (_lock)
        {
            var now = time.GetElapsedTime(_begin);
            var begin = now > _freeAt ? now : _freeAt;
            wait = begin - now;
            _freeAt = begin + TimeSpan.FromSeconds(bytes / (double)bytesPerSecond);
        }

        return wait <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, time, cancellationToken);
    }
}
