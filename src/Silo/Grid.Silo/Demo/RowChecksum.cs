using System.IO.Hashing;
using Apache.Arrow;

namespace Grid.Silo.Demo;

/// <summary>
/// A checksum of a set of rows that does not depend on their order: the sum of a hash of each row. Rows that are missing, doubled or changed show.
/// </summary>
internal sealed class RowChecksum
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15; // 2^64 / golden ratio, odd

    private ulong[] _hashes = [];

    /// <summary>Rows added.</summary>
    public long Rows { get; private set; }

    /// <summary>The sum so far.</summary>
    public ulong Value { get; private set; }

    /// <summary>Adds the rows of a batch; the columns must come in the same order every time.</summary>
    public void Add(RecordBatch batch)
    {
        if (_hashes.Length < batch.Length)
            _hashes = new ulong[batch.Length];
        var hashes = _hashes.AsSpan(0, batch.Length);
        hashes.Clear();
        for (var i = 0; i < batch.ColumnCount; i++)
            AddColumn(batch.Column(i), hashes);
        foreach (var hash in hashes)
            Value = unchecked(Value + hash);
        Rows += batch.Length;
    }

    private static void AddColumn(IArrowArray column, Span<ulong> hashes)
    {
        for (var row = 0; row < hashes.Length; row++)
        {
            var value = column.IsNull(row) ? 0x5bd1e995UL : column switch
            {
                PrimitiveArray<long> numbers => unchecked((ulong)numbers.Values[row]),
                PrimitiveArray<double> numbers => unchecked((ulong)BitConverter.DoubleToInt64Bits(numbers.Values[row])),
                BinaryArray text => XxHash3.HashToUInt64(text.GetBytes(row)),
                _ => throw new InvalidOperationException($"The demo's tables have no {column.GetType().Name}."),
            };
            hashes[row] = unchecked((ulong.RotateLeft(hashes[row], 23) ^ Mix(value)) * Multiplier);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = unchecked((value ^ (value >> 33)) * 0xff51afd7ed558ccd);
        return value ^ (value >> 29);
    }
}
