using Grid.Abstractions;

namespace Grid.Client.Writing;

/// <summary>
/// The frames of one writer for one bucket that are not settled: which may be sent, under which identity, and what the failure of one means for those
/// after it. The argument is <see cref="FrameSender"/>'s. Thread safe; calls nothing and waits for nothing.
/// </summary>
internal sealed class SendWindow
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingFrame> _ready = new();
    private readonly List<PendingFrame> _unsettled = [];
    private readonly List<PendingFrame> _again = [];
    private WriterId _writer;
    private bool _acquiring;
    private int _nextSequence;
    private long _nextOrder;
    private long _refusedOrder = long.MaxValue;
    private long _unknownOrder = long.MaxValue;

    /// <summary>Frames that wait to be sent.</summary>
    public bool HasReady
    {
        get
        {
            lock (_lock)
                return _ready.Count + _again.Count > 0;
        }
    }

    /// <summary>Adds frames that may be sent after all that were added before.</summary>
    public void Add(List<PendingFrame> frames)
    {
        lock (_lock)
        {
            foreach (var frame in frames)
            {
                frame.Order = _nextOrder++;
                _ready.Enqueue(frame);
            }
        }
    }

    /// <summary>Stamps the next frame if it may be sent now.</summary>
    public SendStep TryTake(out PendingFrame? frame)
    {
        frame = null;
        lock (_lock)
        {
            if (_ready.Count == 0 || IsFenced || _acquiring)
                return SendStep.Wait;
            if (_writer.Value == 0)
            {
                _acquiring = true;
                return SendStep.AcquireWriter;
            }

            if (_unsettled.Count > 0 && ((_nextSequence - _unsettled[0].Sequence) & int.MaxValue) >= WriterOptions.InFlightMax)
                return SendStep.Wait;
            frame = _ready.Dequeue();
            frame.Stamp(_writer, _nextSequence);
            _nextSequence = (_nextSequence + 1) & int.MaxValue;
            _unsettled.Add(frame);
            return SendStep.Send;
        }
    }

    /// <summary>Goes on under a fresh writer id.</summary>
    public void Acquired(WriterId writer)
    {
        lock (_lock)
        {
            _writer = writer;
            _nextSequence = 0;
            _acquiring = false;
        }
    }

    /// <summary>There is no writer id to be had: answers the frames that waited for one, which are in nobody's hands now.</summary>
    public List<PendingFrame> AcquireFailed()
    {
        lock (_lock)
        {
            List<PendingFrame> lost = [.. _ready];
            _ready.Clear();
            _acquiring = false;
            return lost;
        }
    }

    /// <summary>Whether everything before a frame that is under way is settled.</summary>
    public bool IsOldest(PendingFrame frame)
    {
        lock (_lock)
            return _unsettled[0] == frame;
    }

    /// <summary>Whether the outcome of an earlier frame is unknown for good.</summary>
    public bool IsBehindUnknown(PendingFrame frame)
    {
        lock (_lock)
            return frame.Order > _unknownOrder;
    }

    /// <summary>Keeps a frame that failed for a new writer id, if an earlier one was refused for good.</summary>
    public bool TrySetAside(PendingFrame frame)
    {
        lock (_lock)
        {
            if (frame.Order <= _refusedOrder)
                return false;
            SetAside(frame);
            return true;
        }
    }

    /// <summary>Judges a refusal for the sequence.</summary>
    /// <param name="frame">The refused frame.</param>
    /// <param name="sentAsOldest">Whether it was the oldest when the refused call was made.</param>
    /// <param name="expected">The sequence that the bucket expects.</param>
    public OutOfOrder Judge(PendingFrame frame, bool sentAsOldest, long expected)
    {
        lock (_lock)
        {
            if (_unsettled[0] != frame)
                return OutOfOrder.Early;
            if (expected >= frame.Sequence)
                return OutOfOrder.Past;

            // A refusal of a call that was not sent as the oldest proves nothing: the bucket may expect this very sequence by now, and an earlier call of it may
            // still arrive. Sent after all before it had been acknowledged, it was refused because the bucket has forgotten this writer (idle too long, or restored
            // from older data): it expects a lower sequence, so this one was not stored and never will be.
            if (!sentAsOldest)
                return OutOfOrder.Early;
            _refusedOrder = Math.Min(_refusedOrder, frame.Order - 1);
            SetAside(frame);
            return OutOfOrder.Forgotten;
        }
    }

    /// <summary>Takes a frame out whose outcome stands: stored, refused for good (<paramref name="isFailure"/>), or <paramref name="isUnknown"/> for good.</summary>
    public void Settle(PendingFrame frame, bool isFailure, bool isUnknown)
    {
        lock (_lock)
        {
            _unsettled.Remove(frame);
            if (isFailure && isUnknown)
                _unknownOrder = Math.Min(_unknownOrder, frame.Order);
            else if (isFailure)
                _refusedOrder = Math.Min(_refusedOrder, frame.Order);
        }
    }

    /// <summary>
    /// After a failure, once every frame of the old writer id is settled or set aside: readies those set aside for a new one. Answers those that cannot be
    /// sent again; there are none before that moment.
    /// </summary>
    public List<PendingFrame> Renew(Func<PendingFrame, bool> isOver)
    {
        lock (_lock)
        {
            if (_unsettled.Count > 0 || !IsFenced)
                return [];
            PendingFrame[] again = [.. _again.OrderBy(f => f.Order).Where(f => f.Order < _unknownOrder && !isOver(f))];
            List<PendingFrame> lost = [.. _again.Except(again)];
            PendingFrame[] waiting = [.. _ready];
            _again.Clear();
            _ready.Clear();
            foreach (var frame in (PendingFrame[])[.. again, .. waiting])
                _ready.Enqueue(frame);
            _refusedOrder = _unknownOrder = long.MaxValue;
            _writer = default;
            return lost;
        }
    }

    private bool IsFenced => _refusedOrder != long.MaxValue || _unknownOrder != long.MaxValue;

    private void SetAside(PendingFrame frame)
    {
        _unsettled.Remove(frame);
        _again.Add(frame);
    }
}
