using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Rows;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>
/// Rows of one writer for one bucket, from builder to acknowledgement. Rows gather while the bucket is busy: an idle bucket's rows are sealed at once, a
/// busy one's when they make a frame, or have waited for the longest linger. Sealing runs on the thread pool, one batch a bucket at a time.
/// </summary>
internal sealed class BucketPipe : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ByteBudget _budget;
    private readonly TimeSpan _linger;
    private readonly FrameSealer _sealer;
    private readonly FrameSender _sender;
    private readonly ITimer _timer;
    private readonly Queue<OpenBatch> _closed = new();
    private OpenBatch? _open;
    private OpenBatch? _spare;
    private bool _sealing;
    private bool _timing;
    private bool _lingered;

    public BucketPipe(TableHandle table, int bucket, WriterOptions options, WriterIdentities identities, ByteBudget budget)
    {
        _budget = budget;
        _linger = options.LingerMax;
        _sealer = new FrameSealer(table, options.FrameBytes);
        _sender = new FrameSender(table, bucket, identities, budget, Pump);
        _timer = table.Connection.Time.CreateTimer(static pipe => ((BucketPipe)pipe!).Lingered(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the rows gathered make a frame: time for a round-robin writer to go to the next bucket.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
                return _open is not { } open || open.Builder.Rows == 0 || open.Bytes >= _sealer.RawTarget;
        }
    }

    /// <summary>Whether nothing has gathered and nothing is under way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return _open is not { Builder.Rows: > 0 } && _closed.Count == 0 && !_sealing && _sender.IsIdle;
        }
    }

    /// <summary>Appends picked rows of a batch bound to the layout.</summary>
    public void Append(WriteLayout layout, ReadOnlySpan<ArrayData> columns, ReadOnlySpan<int> rows, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
    {
        lock (_lock)
        {
            var open = OpenFor(layout);
            var before = open.Builder.Rows;
            open.Builder.AppendRows(columns, rows);
            Appended(open, before, kind, acknowledgement, epoch);
        }
    }

    /// <summary>Appends a run of rows of a batch bound to the layout.</summary>
    public void Append(WriteLayout layout, ReadOnlySpan<ArrayData> columns, int start, int count, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
    {
        lock (_lock)
        {
            var open = OpenFor(layout);
            var before = open.Builder.Rows;
            open.Builder.AppendRange(columns, start, count);
            Appended(open, before, kind, acknowledgement, epoch);
        }
    }

    /// <summary>Appends rows of a .NET type; on failure none of them.</summary>
    public void Append<T>(RowBinding<T> binding, T[] rows, int start, int count, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
    {
        lock (_lock)
        {
            var open = OpenFor(binding.Layout);
            var before = open.Builder.Rows;
            binding.Write(open.Builder, rows, start, count);
            Appended(open, before, kind, acknowledgement, epoch);
        }
    }

    /// <summary>Sends what has gathered without lingering.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            Close();
            PumpLocked();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _sealer.Dispose();
    }

    private OpenBatch OpenFor(WriteLayout layout)
    {
        if (_open is { } open && open.Layout != layout)
            Close();
        if (_open is null && _spare is { } spare && spare.Layout == layout)
            (_open, _spare) = (spare, null);
        return _open ??= new OpenBatch(layout);
    }

    private void Appended(OpenBatch open, int before, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
    {
        _budget.Take(open.Appended(before, kind, acknowledgement, epoch));
        if (open.Bytes >= 2 * _sealer.RawTarget)
            Close();
        PumpLocked();
    }

    private void Close()
    {
        if (_open is not { Builder.Rows: > 0 } open)
            return;
        _closed.Enqueue(open);
        _open = null;
    }

    private void Lingered()
    {
        lock (_lock)
        {
            _timing = false;
            _lingered = true;
            PumpLocked();
        }
    }

    private void Pump()
    {
        lock (_lock)
            PumpLocked();
    }

    /// <summary>Starts sealing where there is something to seal and the sender wants it.</summary>
    private void PumpLocked()
    {
        if (_sealing || (_closed.Count == 0 && _open is not { Builder.Rows: > 0 }))
            return;
        var idle = _sender.IsIdle;
        if (!idle && _sender.HasReady)
            return;
        if (_closed.Count == 0)
        {
            if (!idle && !_lingered && _open!.Bytes < _sealer.RawTarget)
            {
                if (!_timing)
                {
                    _timing = true;
                    _timer.Change(_linger, Timeout.InfiniteTimeSpan);
                }

                return;
            }

            Close();
            _lingered = false;
        }

        _sealing = true;
        ThreadPool.UnsafeQueueUserWorkItem(static work => work.Pipe.Seal(work.Batch), (Pipe: this, Batch: _closed.Dequeue()), preferLocal: false);
    }

    private void Seal(OpenBatch batch)
    {
        try
        {
            _sender.Enqueue(_sealer.Seal(batch));
        }
        catch (Exception bug)
        {
            // Not a refusal of rows (the sealer keeps those with their frames): nothing of this batch was sent.
            PendingFrame.Fail(batch.Segments, bug);
            _budget.Return(batch.Bytes);
        }

        lock (_lock)
        {
            batch.Clear();
            _spare = batch;
            _sealing = false;
            PumpLocked();
        }
    }
}
