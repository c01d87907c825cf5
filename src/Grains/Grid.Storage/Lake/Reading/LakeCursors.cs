using Grid.Abstractions;

namespace Grid.Storage.Lake.Reading;

/// <summary>
/// Reads that were answered in part and are likely to go on: who fetches a lake piece by piece would otherwise open its file anew for each. So many on a node, each for a while; what is put aside beyond that is closed,
/// and opened anew when its reader comes. Thread safe.
/// </summary>
internal sealed class LakeCursors : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(object Owner, LakeCursor Cursor)> _idle = [];
    private readonly int _countMax;
    private readonly TimeSpan _age;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <summary>Makes a place for cursors.</summary>
    /// <param name="countMax">Most that are put aside.</param>
    /// <param name="age">How long.</param>
    /// <param name="time">The clock.</param>
    public LakeCursors(int countMax, TimeSpan age, TimeProvider time)
    {
        _countMax = countMax;
        _age = age;
        _time = time;
        _timer = time.CreateTimer(static cursors => _ = ((LakeCursors)cursors!).CloseAsync(owner: null), this, age, age);
    }

    /// <summary>Cursors that are put aside.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _idle.Count;
        }
    }

    /// <summary>Takes the owner's cursor that stands at an offset and reads that shape; null: there is none.</summary>
    public LakeCursor? Take(object owner, LogOffset at, string shape)
    {
        lock (_lock)
        {
            for (var node = _idle.First; node is not null; node = node.Next)
                if (ReferenceEquals(node.Value.Owner, owner) && node.Value.Cursor.At == at && node.Value.Cursor.Shape == shape)
                {
                    _idle.Remove(node);
                    return node.Value.Cursor;
                }

            return null;
        }
    }

    /// <summary>Puts a cursor aside; the oldest one makes room.</summary>
    public async ValueTask PutAsync(object owner, LakeCursor cursor)
    {
        LakeCursor? oldest = null;
        cursor.PutAt = _time.GetTimestamp();
        lock (_lock)
        {
            _idle.AddLast((owner, cursor));
            if (_idle.Count > _countMax)
            {
                oldest = _idle.First!.Value.Cursor;
                _idle.RemoveFirst();
            }
        }

        if (oldest is not null)
            await oldest.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Closes an owner's cursors; null: all that are too old.</summary>
    public async Task CloseAsync(object? owner)
    {
        var closing = new List<LakeCursor>();
        lock (_lock)
        {
            for (var node = _idle.First; node is not null;)
            {
                var next = node.Next;
                if (owner is null ? _time.GetElapsedTime(node.Value.Cursor.PutAt) >= _age : ReferenceEquals(node.Value.Owner, owner))
                {
                    closing.Add(node.Value.Cursor);
                    _idle.Remove(node);
                }

                node = next;
            }
        }

        foreach (var cursor in closing)
            await cursor.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Ends the clean-up; owners close theirs.</summary>
    public void Dispose() => _timer.Dispose();
}
