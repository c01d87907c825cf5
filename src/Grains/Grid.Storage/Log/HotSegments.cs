namespace Grid.Storage.Log;

/// <summary>The few sealed segments whose files stay open between reads: those read last.</summary>
internal sealed class HotSegments
{
    private const int Capacity = 4;
    private readonly Lock _gate = new();
    private readonly Segment?[] _segments = new Segment?[Capacity];
    private int _next;

    public void Touch(Segment segment)
    {
        lock (_gate)
        {
            if (Array.IndexOf(_segments, segment) >= 0)
                return;
            var evicted = _segments[_next];
            _segments[_next] = segment;
            _next = (_next + 1) % Capacity;
            segment.KeepOpen(true);
            evicted?.KeepOpen(false);
        }
    }

    /// <summary>Keeps none open any more.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach (var segment in _segments)
                segment?.KeepOpen(false);
            Array.Clear(_segments);
        }
    }

    public void Remove(Segment segment)
    {
        lock (_gate)
        {
            var index = Array.IndexOf(_segments, segment);
            if (index < 0)
                return;
            _segments[index] = null;
            segment.KeepOpen(false);
        }
    }
}
