using System.Buffers;
using Apache.Arrow;

namespace Grid.Client.Columns;

/// <summary>Structs: a child column for each field.</summary>
internal sealed class StructBuffer(Field field, ColumnBuffer[] children) : ColumnBuffer(field)
{
    public ColumnBuffer[] Children { get; } = children;

    public override long Bytes
    {
        get
        {
            var bytes = 0L;
            foreach (var child in Children)
                bytes += child.Bytes;
            return bytes;
        }
    }

    public override void AppendRange(ArrayData data, int start, int count)
    {
        for (var i = 0; i < Children.Length; i++)
            Children[i].AppendRange(data.Children[i], data.Offset + start, count);
        Validity.AppendRange(data, start, count);
    }

    public override void AppendRows(ArrayData data, ReadOnlySpan<int> rows)
    {
        var shifted = ArrayPool<int>.Shared.Rent(rows.Length);
        for (var i = 0; i < rows.Length; i++)
            shifted[i] = rows[i] + data.Offset;
        for (var i = 0; i < Children.Length; i++)
            Children[i].AppendRows(data.Children[i], shifted.AsSpan(0, rows.Length));
        ArrayPool<int>.Shared.Return(shifted);
        Validity.AppendRows(data, rows);
    }

    public override void Truncate(int count)
    {
        foreach (var child in Children)
            child.Truncate(count);
        Validity.Truncate(count);
    }

    public override ArrayData Build() => new(Field.DataType, Length, Validity.NullCount, 0, [Validity.Build()], [.. Children.Select(c => c.Build())]);

    protected override void AppendZeros(int count)
    {
        foreach (var child in Children)
            child.AppendMissing(count);
    }
}
