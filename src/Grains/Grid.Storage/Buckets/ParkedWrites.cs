using Grid.Abstractions;

namespace Grid.Storage.Buckets;

/// <summary>
/// Writes that overtook an earlier one of their writer: calls arrive out of order. They wait a short time for what is missing. Used by the loop alone.
/// </summary>
internal sealed class ParkedWrites
{
    /// <summary>How long a write waits for the sequence before it, milliseconds.</summary>
    public const int WaitMsMax = 2000;

    /// <summary>Most parked writes of a bucket.</summary>
    public const int CountMax = 1024;

    private readonly List<PendingWrite> _writes = [];

    public int Count => _writes.Count;

    public bool TryAdd(PendingWrite write)
    {
        if (_writes.Count >= CountMax)
            return false;
        _writes.Add(write);
        return true;
    }

    /// <summary>Takes a write of that writer that the given sequence lets go on: one that begins at it or before it.</summary>
    public PendingWrite? TakeNext(WriterId writer, int expected)
    {
        for (var i = 0; i < _writes.Count; i++)
            if (_writes[i].Writer == writer && Log.WriterSequence.Ahead(_writes[i].FirstSequence, expected) <= 0)
                return TakeAt(i);
        return null;
    }

    /// <summary>Takes a write that waits since before the given moment, or null.</summary>
    public PendingWrite? TakeParkedBefore(long timestamp)
    {
        for (var i = 0; i < _writes.Count; i++)
            if (_writes[i].ParkedAt <= timestamp)
                return TakeAt(i);
        return null;
    }

    private PendingWrite TakeAt(int index)
    {
        var write = _writes[index];
        _writes.RemoveAt(index);
        return write;
    }
}
