using System.Runtime.InteropServices;
using Apache.Arrow;

namespace Grid.Client.Columns;

/// <summary>Values of a fixed number of bytes: numbers, dates, times, decimals, UUIDs, fixed binary.</summary>
internal sealed class FixedBuffer(Field field, int width) : ColumnBuffer(field)
{
    private readonly GrowingBytes _values = new();

    public int Width { get; } = width;

    public override long Bytes => _values.Length;

    /// <summary>Room for <paramref name="count"/> values; the caller fills it and appends their validity.</summary>
    public Span<byte> Extend(int count) => _values.Extend(checked(count * Width));

    public override void AppendRange(ArrayData data, int start, int count)
    {
        data.Buffers[1].Span.Slice((data.Offset + start) * Width, count * Width).CopyTo(Extend(count));
        Validity.AppendRange(data, start, count);
    }

    public override void AppendRows(ArrayData data, ReadOnlySpan<int> rows)
    {
        var source = data.Buffers[1].Span.Slice(data.Offset * Width, data.Length * Width);
        var destination = Extend(rows.Length);
        switch (Width)
        {
            case 1: Pick<byte>(source, rows, destination); break;
            case 2: Pick<short>(source, rows, destination); break;
            case 4: Pick<int>(source, rows, destination); break;
            case 8: Pick<long>(source, rows, destination); break;
            case 16: Pick<Int128>(source, rows, destination); break;
            default:
                for (var i = 0; i < rows.Length; i++)
                    source.Slice(rows[i] * Width, Width).CopyTo(destination[(i * Width)..]);
                break;
        }

        Validity.AppendRows(data, rows);
    }

    public override void Truncate(int count)
    {
        _values.Truncate(count * Width);
        Validity.Truncate(count);
    }

    public override ArrayData Build() =>
        new(Field.DataType, Length, Validity.NullCount, 0, [Validity.Build(), new ArrowBuffer(_values.Memory)], []);

    protected override void AppendZeros(int count) => Extend(count).Clear();

    private static void Pick<T>(ReadOnlySpan<byte> source, ReadOnlySpan<int> rows, Span<byte> destination)
        where T : unmanaged
    {
        var from = MemoryMarshal.Cast<byte, T>(source);
        var to = MemoryMarshal.Cast<byte, T>(destination);
        for (var i = 0; i < rows.Length; i++)
            to[i] = from[rows[i]];
    }
}
