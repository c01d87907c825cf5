using System.Buffers;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Rows;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>The pipes of the buckets of one table without partitions, or of one partition: spreads rows over them.</summary>
internal sealed class PipeSet : IDisposable
{
    private readonly BucketPipe[] _pipes;
    private readonly BucketFunction? _function;
    private int _turn;

    public PipeSet(TableHandle table, WriterOptions options, WriterIdentities identities, ByteBudget budget, BucketFunction? function)
    {
        Partition = table.Partition;
        _function = function;
        _pipes = new BucketPipe[table.Buckets];
        for (var i = 0; i < _pipes.Length; i++)
            _pipes[i] = new BucketPipe(table, i, options, identities, budget);
    }

    public PartitionId Partition { get; }

    /// <summary>Calls that are about to append. Guarded by whoever counts them.</summary>
    public int Users { get; set; }

    /// <summary>Whether nothing has gathered and nothing is under way.</summary>
    public bool IsIdle => System.Array.TrueForAll(_pipes, static pipe => pipe.IsIdle);

    /// <summary>Appends a run of rows that are all of this set; without a bucket key.</summary>
    public void Append(WriteLayout layout, ReadOnlySpan<ArrayData> data, int start, int count, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch) =>
        NextPipe().Append(layout, data, start, count, kind, acknowledgement, epoch);

    /// <summary>Appends picked rows; without a bucket key.</summary>
    public void Append(WriteLayout layout, ReadOnlySpan<ArrayData> data, ReadOnlySpan<int> rows, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch) =>
        NextPipe().Append(layout, data, rows, kind, acknowledgement, epoch);

    /// <summary>Appends picked rows of one bucket.</summary>
    public void Append(int bucket, WriteLayout layout, ReadOnlySpan<ArrayData> data, ReadOnlySpan<int> rows, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch) =>
        _pipes[bucket].Append(layout, data, rows, kind, acknowledgement, epoch);

    /// <summary>Appends a run of rows by their buckets.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="data">Its columns.</param>
    /// <param name="buckets">The bucket of each row of the run.</param>
    /// <param name="firstRow">The run's first row.</param>
    /// <param name="kind">What is done with the rows.</param>
    /// <param name="acknowledgement">Who waits for them.</param>
    /// <param name="epoch">The epoch they are given in.</param>
    public void Scatter(WriteLayout layout, ReadOnlySpan<ArrayData> data, ReadOnlySpan<int> buckets, int firstRow, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
    {
        using var scatter = new RowScatter(buckets, _pipes.Length, firstRow);
        for (var i = 0; i < _pipes.Length; i++)
            if (scatter[i] is { Length: > 0 } rows)
                _pipes[i].Append(layout, data, rows, kind, acknowledgement, epoch);
    }

    /// <summary>Appends rows of a .NET type, by their buckets or in turn.</summary>
    public void Append<T>(TypedRows<T> typed, RowBinding<T> binding, T[] rows, int start, int count, ChangeKind kind, Acknowledgement? acknowledgement, FlushEpoch epoch)
        where T : class
    {
        if (_function is null)
        {
            NextPipe().Append(binding, rows, start, count, kind, acknowledgement, epoch);
            return;
        }

        var buckets = ArrayPool<int>.Shared.Rent(count);
        typed.Buckets(_function, binding.Layout.Schema, rows, start, count, buckets);
        if (count == 1)
        {
            _pipes[buckets[0]].Append(binding, rows, start, 1, kind, acknowledgement, epoch);
        }
        else
        {
            using var scatter = new RowScatter(buckets.AsSpan(0, count), _pipes.Length, start);
            var sorted = ArrayPool<T>.Shared.Rent(count);
            for (int i = 0, first = 0; i < _pipes.Length; i++)
            {
                var own = scatter[i];
                for (var row = 0; row < own.Length; row++)
                    sorted[first + row] = rows[own[row]];
                if (own.Length > 0)
                    _pipes[i].Append(binding, sorted, first, own.Length, kind, acknowledgement, epoch);
                first += own.Length;
            }

            ArrayPool<T>.Shared.Return(sorted, clearArray: true);
        }

        ArrayPool<int>.Shared.Return(buckets);
    }

    public void Flush()
    {
        foreach (var pipe in _pipes)
            pipe.Flush();
    }

    public void Dispose()
    {
        foreach (var pipe in _pipes)
            pipe.Dispose();
    }

    /// <summary>Without a bucket key rows go to one bucket until they make a frame, then to the next.</summary>
    private BucketPipe NextPipe()
    {
        var pipe = _pipes[(Volatile.Read(ref _turn) & int.MaxValue) % _pipes.Length];
        return pipe.IsFull ? _pipes[(Interlocked.Increment(ref _turn) & int.MaxValue) % _pipes.Length] : pipe;
    }
}
