using System.Buffers;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Partitions;
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
    private readonly PipeSet? _pipes;
    private readonly PartitionPipes? _partitions;
    private readonly ByteBudget _budget;
    private readonly BucketFunction? _function;
    private FlushEpoch _epoch = new();
    private Task _flushed = Task.CompletedTask;
    private WriteLayout _layout;
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
        if (table.IsPartitioned)
            _partitions = new PartitionPipes(partition => new PipeSet(partition, options, identities, _budget, _function));
        else
            _pipes = new PipeSet(table, options, identities, _budget, _function);
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
            if (_pipes is null)
            {
                await AddByPartitionAsync(batch, layout, data, chunk, kind, acknowledgement, epoch, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (_function is null)
            {
                for (var start = 0; start < batch.Length; start += chunk)
                {
                    await _budget.EnterAsync(cancellationToken).ConfigureAwait(false);
                    _pipes.Append(layout, data, start, Math.Min(chunk, batch.Length - start), kind, acknowledgement, epoch);
                }

                return;
            }

            var buckets = ArrayPool<int>.Shared.Rent(batch.Length);
            _function.Buckets(batch, BatchBinding.FindKeys(batch, layout.Schema, layout.Schema.BucketKey), buckets.AsSpan(0, batch.Length));
            for (var start = 0; start < batch.Length; start += chunk)
            {
                await _budget.EnterAsync(cancellationToken).ConfigureAwait(false);
                _pipes.Scatter(layout, data, buckets.AsSpan(start, Math.Min(chunk, batch.Length - start)), start, kind, acknowledgement, epoch);
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
            if (_pipes is null)
                await AddByPartitionAsync(typed, binding, rows, count, kind, acknowledgement, epoch, cancellationToken).ConfigureAwait(false);
            else
                _pipes.Append(typed, binding, rows, 0, count, kind, acknowledgement, epoch);
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
        _pipes?.Flush();
        _partitions?.Flush();
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
            _pipes?.Dispose();
            _partitions?.Dispose();
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

    /// <summary>Every partition is known before the first row is taken: a batch with a row that no partition takes is refused as a whole.</summary>
    private async ValueTask AddByPartitionAsync(
        RecordBatch batch, WriteLayout layout, ArrayData[] data, int chunk, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch, CancellationToken cancellationToken)
    {
        using var keys = _table.Partitions.Encoder.Encode(batch, BatchBinding.FindKeys(batch, layout.Schema, layout.Schema.PartitionKey));
        using var rows = new PartitionRows(keys);
        var sets = await TakeAsync(rows.Keys, cancellationToken).ConfigureAwait(false);
        var buckets = _function is null ? 1 : _table.Buckets;
        var slots = ArrayPool<int>.Shared.Rent(batch.Length);
        try
        {
            if (_function is null)
                slots.AsSpan(0, batch.Length).Clear();
            else
                _function.Buckets(batch, BatchBinding.FindKeys(batch, layout.Schema, layout.Schema.BucketKey), slots.AsSpan(0, batch.Length));
            for (var row = 0; row < batch.Length; row++)
                slots[row] += rows.Ordinals[row] * buckets;
            for (var start = 0; start < batch.Length; start += chunk)
            {
                await _budget.EnterAsync(cancellationToken).ConfigureAwait(false);
                using var scatter = new RowScatter(slots.AsSpan(start, Math.Min(chunk, batch.Length - start)), sets.Count * buckets, start);
                for (var slot = 0; slot < sets.Count * buckets; slot++)
                {
                    if (scatter[slot].Length == 0)
                        continue;
                    if (_function is null)
                        sets[slot].Append(layout, data, scatter[slot], kind, acknowledgement, epoch);
                    else
                        sets[slot / buckets].Append(slot % buckets, layout, data, scatter[slot], kind, acknowledgement, epoch);
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(slots);
            sets.ForEach(_partitions!.Return);
        }
    }

    private async ValueTask AddByPartitionAsync<T>(
        TypedRows<T> typed, RowBinding<T> binding, T[] rows, int count, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch, CancellationToken cancellationToken)
        where T : class
    {
        using var keys = typed.Partitions(_table.Partitions.Encoder, binding.Layout.Schema, rows, count);
        using var partitions = new PartitionRows(keys);
        var sets = await TakeAsync(partitions.Keys, cancellationToken).ConfigureAwait(false);
        try
        {
            if (sets.Count == 1)
            {
                sets[0].Append(typed, binding, rows, 0, count, kind, acknowledgement, epoch);
                return;
            }

            using var scatter = new RowScatter(partitions.Ordinals, sets.Count);
            var sorted = ArrayPool<T>.Shared.Rent(count);
            for (int i = 0, start = 0; i < sets.Count; i++)
            {
                var own = scatter[i];
                for (var row = 0; row < own.Length; row++)
                    sorted[start + row] = rows[own[row]];
                sets[i].Append(typed, binding, sorted, start, own.Length, kind, acknowledgement, epoch);
                start += own.Length;
            }

            ArrayPool<T>.Shared.Return(sorted, clearArray: true);
        }
        finally
        {
            sets.ForEach(_partitions!.Return);
        }
    }

    /// <summary>The pipes of partitions, which are made where there are none and the table allows it.</summary>
    private async ValueTask<List<PipeSet>> TakeAsync(List<byte[]> keys, CancellationToken cancellationToken)
    {
        var partitions = new TableHandle[keys.Count];
        for (var i = 0; i < partitions.Length; i++)
            partitions[i] = _table.Partitions.Find(keys[i]) ?? await _table.Partitions.GetOrCreateAsync(keys[i], cancellationToken).ConfigureAwait(false);
        return [.. partitions.Select(_partitions!.Take)];
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
