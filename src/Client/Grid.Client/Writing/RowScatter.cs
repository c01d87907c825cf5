using System.Buffers;

namespace Grid.Client.Writing;

/// <summary>Row numbers grouped by bucket, in their order within each. Pooled: dispose to return the memory.</summary>
internal readonly struct RowScatter : IDisposable
{
    private readonly int[] _rows;
    private readonly int[] _ends;

    /// <summary>Groups rows by their bucket numbers, in two passes.</summary>
    /// <param name="buckets">A number for each row.</param>
    /// <param name="count">Buckets there are.</param>
    /// <param name="firstRow">The number of the first row.</param>
    public RowScatter(ReadOnlySpan<int> buckets, int count, int firstRow = 0)
    {
        _rows = ArrayPool<int>.Shared.Rent(buckets.Length);
        _ends = new int[count];
        foreach (var bucket in buckets)
            _ends[bucket]++;
        var start = 0;
        for (var i = 0; i < count; i++)
            (_ends[i], start) = (start, start + _ends[i]);
        for (var i = 0; i < buckets.Length; i++)
            _rows[_ends[buckets[i]]++] = firstRow + i;
    }

    /// <summary>The rows of one bucket.</summary>
    public ReadOnlySpan<int> this[int bucket]
    {
        get
        {
            var start = bucket == 0 ? 0 : _ends[bucket - 1];
            return _rows.AsSpan(start, _ends[bucket] - start);
        }
    }

    public void Dispose() => ArrayPool<int>.Shared.Return(_rows);
}
