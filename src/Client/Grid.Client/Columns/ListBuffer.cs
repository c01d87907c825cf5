using System.Buffers;
using Apache.Arrow;

namespace Grid.Client.Columns;

/// <summary>Lists, and maps as lists of entries: int32 offsets and a child column.</summary>
internal sealed class ListBuffer : ColumnBuffer
{
    private readonly GrowingBytes _offsets = new();

    public ListBuffer(Field field, ColumnBuffer child)
        : base(field)
    {
        Child = child;
        _offsets.Extend<int>(1)[0] = 0;
    }

    public ColumnBuffer Child { get; }

    public override long Bytes => _offsets.Length + Child.Bytes;

    /// <summary>Room for the end of each of <paramref name="count"/> lists, as elements of the child column; the caller fills it.</summary>
    public Span<int> ExtendEnds(int count) => _offsets.Extend<int>(count);

    public override void AppendRange(ArrayData data, int start, int count)
    {
        var offsets = VariableBuffer.Offsets(data).Slice(start, count + 1);
        var shift = Child.Length - offsets[0];
        Child.AppendRange(data.Children[0], offsets[0], offsets[count] - offsets[0]);
        var ends = ExtendEnds(count);
        for (var i = 0; i < count; i++)
            ends[i] = checked(offsets[i + 1] + shift);
        Validity.AppendRange(data, start, count);
    }

    public override void AppendRows(ArrayData data, ReadOnlySpan<int> rows)
    {
        var offsets = VariableBuffer.Offsets(data);
        var total = 0;
        foreach (var row in rows)
            total = checked(total + offsets[row + 1] - offsets[row]);

        var end = Child.Length;
        var ends = ExtendEnds(rows.Length);
        var elements = ArrayPool<int>.Shared.Rent(total);
        var written = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            for (var element = offsets[rows[i]]; element < offsets[rows[i] + 1]; element++)
                elements[written++] = element;
            ends[i] = checked(end + written);
        }

        Child.AppendRows(data.Children[0], elements.AsSpan(0, total));
        ArrayPool<int>.Shared.Return(elements);
        Validity.AppendRows(data, rows);
    }

    public override void Truncate(int count)
    {
        _offsets.Truncate((count + 1) * sizeof(int));
        Child.Truncate(_offsets.As<int>()[^1]);
        Validity.Truncate(count);
    }

    public override ArrayData Build() =>
        new(Field.DataType, Length, Validity.NullCount, 0, [Validity.Build(), new ArrowBuffer(_offsets.Memory)], [Child.Build()]);

    protected override void AppendZeros(int count) => ExtendEnds(count).Fill(Child.Length);
}
