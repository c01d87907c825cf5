using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Client.Columns;

/// <summary>Booleans: one bit each in the array, one byte each while they are built.</summary>
internal sealed class BooleanBuffer(Field field) : ColumnBuffer(field)
{
    private readonly GrowingBytes _values = new();

    public override long Bytes => _values.Length / 8;

    /// <summary>Room for <paramref name="count"/> values of 0 or 1; the caller fills it and appends their validity.</summary>
    public Span<byte> Extend(int count) => _values.Extend(count);

    public override void AppendRange(ArrayData data, int start, int count)
    {
        var source = data.Buffers[1].Span;
        var destination = Extend(count);
        for (var i = 0; i < count; i++)
            destination[i] = Bits.Get(source, data.Offset + start + i) ? (byte)1 : (byte)0;
        Validity.AppendRange(data, start, count);
    }

    public override void AppendRows(ArrayData data, ReadOnlySpan<int> rows)
    {
        var source = data.Buffers[1].Span;
        var destination = Extend(rows.Length);
        for (var i = 0; i < rows.Length; i++)
            destination[i] = Bits.Get(source, data.Offset + rows[i]) ? (byte)1 : (byte)0;
        Validity.AppendRows(data, rows);
    }

    public override void Truncate(int count)
    {
        _values.Truncate(count);
        Validity.Truncate(count);
    }

    public override ArrayData Build()
    {
        var values = _values.Span;
        var bits = new byte[(values.Length + 7) / 8];
        for (var i = 0; i < values.Length; i++)
            bits[i >> 3] |= (byte)(values[i] << (i & 7));
        return new ArrayData(Field.DataType, Length, Validity.NullCount, 0, [Validity.Build(), new ArrowBuffer(bits)], []);
    }

    protected override void AppendZeros(int count) => Extend(count).Clear();
}
