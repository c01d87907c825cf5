using System.Buffers;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Rows;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>What every kind of writer is made of: spreads rows over the pipes of a table's buckets, within one budget, and knows what is flushed.</summary>
internal sealed class TableWriter : IAsyncDisposable
{
    /// <summary>Bytes of a batch that are handed to the pipes at once, between two looks at the budget.</summary>
    private const int ChunkBytes = 1024 * 1024;

    private const int ChunkRowsMax = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly TableHandle _table;
    private readonly WriterOptions _options;
    private readonly BucketPipe[] _pipes;
    private readonly ByteBudget _budget;
    private readonly BucketFunction? _function;
    private FlushEpoch _epoch = new();
    private Task _flushed = Task.CompletedTask;
    private WriteLayout _layout;
    private int _turn;
    private bool _disposed;

    public TableWriter(TableHandle table, WriterOptions options)
    {
        if (options.FrameBytes is < 1024 or > GridLimits.CallBytesMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"WriterOptions.FrameBytes is {options.FrameBytes}; 1024 to {GridLimits.CallBytesMax} are possible.");
        if (options.BufferBytesMax < 1024 * 1024)
            throw new GridException(GridErrorCode.InvalidArgument, $"WriterOptions.BufferBytesMax is {options.BufferBytesMax}; use {1024 * 1024} or more.");
        if (options.Targets is not null)
            table.RequirePrimaryKey("A partial write");
        _table = table;
        _options = options;
        _layout = new WriteLayout(table.Info.Schema, options.Targets);
        _function = table.Info.Schema.BucketKey.IsDefaultOrEmpty ? null : new BucketFunction(table.Info.Schema, table.Buckets);
        _budget = new ByteBudget(options.BufferBytesMax);
        var identities = new WriterIdentities(table.Connection);
        _pipes = new BucketPipe[table.Buckets];
        for (var i = 0; i < _pipes.Length; i++)
            _pipes[i] = new BucketPipe(table, i, options, identities, _budget);
        table.Connection.Opened(this);
    }

    /// <summary>Hands all rows of a batch over. The batch is not used afterwards.</summary>
    public async ValueTask AddAsync(RecordBatch batch, ChangeKind kind, Acknowledgement? acknowledgement, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var layout = _layout;
        if (kind != ChangeKind.Delete && BatchBinding.HasUnknown(batch.Schema, layout))
            layout = await RefreshAsync(cancellationToken).ConfigureAwait(false);
        var data = BatchBinding.Bind(batch, layout, keysOnly: kind == ChangeKind.Delete);
        if (batch.Length == 0)
            return;

        var epoch = EnterEpoch(acknowledgement);
        try
        {
            var chunk = ChunkRows(data, batch.Length);
            if (_function is null)
            {
                for (var start = 0; start < batch.Length; start += chunk)
                {
                    await _budget.EnterAsync(cancellationToken).ConfigureAwait(false);
                    NextPipe().Append(layout, data, start, Math.Min(chunk, batch.Length - start), kind, acknowledgement, epoch);
                }

                return;
            }

            var buckets = ArrayPool<int>.Shared.Rent(batch.Length);
            _function.Buckets(batch, BatchBinding.FindKeys(batch, layout.Schema, layout.Schema.BucketKey), buckets.AsSpan(0, batch.Length));
            for (var start = 0; start < batch.Length; start += chunk)
            {
                await _budget.EnterAsync(cancellationToken).ConfigureAwait(false);
                Scatter(layout, data, buckets.AsSpan(start, Math.Min(chunk, batch.Length - start)), start, kind, acknowledgement, epoch);
            }

            ArrayPool<int>.Shared.Return(buckets);
        }
        finally
        {
            epoch.Exit(null);
        }
    }

    /// <summary>Hands rows of a .NET type over; on failure none of a bucket's.</summary>
    public async ValueTask AddAsync<T>(TypedRows<T> typed, T[] rows, int count, ChangeKind kind, Acknowledgement? acknowledgement, CancellationToken cancellationToken)
        where T : class
    {
        var epoch = EnterEpoch(acknowledgement);
        try
        {
            await _budget.EnterAsync(cancellationToken).ConfigureAwait(false);
            var binding = typed.BindingFor(_layout, wholeRows: kind != ChangeKind.Delete);
            if (_function is null)
                NextPipe().Append(binding, rows, 0, count, kind, acknowledgement, epoch);
            else
                Scatter(typed, binding, rows, count, kind, acknowledgement, epoch);
        }
        finally
        {
            epoch.Exit(null);
        }
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        FlushEpoch closed;
        Task done;
        lock (_lock)
        {
            closed = _epoch;
            _epoch = new FlushEpoch();
            done = _flushed = Task.WhenAll(_flushed, closed.Done);
        }

        closed.Close();
        foreach (var pipe in _pipes)
            pipe.Flush();
        await done.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (closed.Failure is { } failure)
            throw failure;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
        }

        try
        {
            await FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            foreach (var pipe in _pipes)
                pipe.Dispose();
            _table.Connection.Closed(this);
        }
    }

    /// <summary>Joins the present epoch, so that a flush waits for rows that are just being handed over.</summary>
    private FlushEpoch EnterEpoch(Acknowledgement? acknowledgement)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(GridWriter));
            if (acknowledgement is null && _epoch.Failure is { } failure)
                throw failure;
            _epoch.Enter();
            return _epoch;
        }
    }

    private async Task<WriteLayout> RefreshAsync(CancellationToken cancellationToken)
    {
        var info = await _table.RefreshAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (info.Schema.Version > _layout.Schema.Version)
                _layout = new WriteLayout(info.Schema, _options.Targets);
            return _layout;
        }
    }

    /// <summary>Without a bucket key rows go to one bucket until they make a frame, then to the next.</summary>
    private BucketPipe NextPipe()
    {
        var pipe = _pipes[(Volatile.Read(ref _turn) & int.MaxValue) % _pipes.Length];
        return pipe.IsFull ? _pipes[(Interlocked.Increment(ref _turn) & int.MaxValue) % _pipes.Length] : pipe;
    }

    private void Scatter(WriteLayout layout, ReadOnlySpan<ArrayData> data, ReadOnlySpan<int> buckets, int firstRow, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
    {
        using var scatter = new RowScatter(buckets, _pipes.Length, firstRow);
        for (var i = 0; i < _pipes.Length; i++)
            if (scatter[i] is { Length: > 0 } rows)
                _pipes[i].Append(layout, data, rows, kind, acknowledgement, epoch);
    }

    private void Scatter<T>(TypedRows<T> typed, RowBinding<T> binding, T[] rows, int count, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
        where T : class
    {
        var buckets = ArrayPool<int>.Shared.Rent(count);
        typed.Buckets(_function!, binding.Layout.Schema, rows, count, buckets);
        if (count == 1)
        {
            _pipes[buckets[0]].Append(binding, rows, 0, 1, kind, acknowledgement, epoch);
        }
        else
        {
            using var scatter = new RowScatter(buckets.AsSpan(0, count), _pipes.Length);
            var sorted = ArrayPool<T>.Shared.Rent(count);
            for (int i = 0, start = 0; i < _pipes.Length; i++)
            {
                var own = scatter[i];
                for (var row = 0; row < own.Length; row++)
                    sorted[start + row] = rows[own[row]];
                if (own.Length > 0)
                    _pipes[i].Append(binding, sorted, start, own.Length, kind, acknowledgement, epoch);
                start += own.Length;
            }

            ArrayPool<T>.Shared.Return(sorted, clearArray: true);
        }

        ArrayPool<int>.Shared.Return(buckets);
    }

    private static int ChunkRows(ArrayData[] data, int rows)
    {
        var bytes = 0L;
        foreach (var column in data)
            bytes += BytesOf(column);
        return (int)Math.Clamp(ChunkBytes / Math.Max(1, bytes / Math.Max(1, rows)), 1, ChunkRowsMax);
    }

    private static long BytesOf(ArrayData data)
    {
        var bytes = 0L;
        foreach (var buffer in data.Buffers)
            bytes += buffer.Length;
        foreach (var child in data.Children ?? [])
            bytes += BytesOf(child);
        return bytes;
    }
}
