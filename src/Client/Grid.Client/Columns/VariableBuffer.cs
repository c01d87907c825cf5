using System.Runtime.InteropServices;
using Apache.Arrow;

namespace Grid.Client.Columns;

/// <summary>Text and binary: int32 offsets and bytes.</summary>
internal sealed class VariableBuffer : ColumnBuffer
{
    private readonly GrowingBytes _offsets = new();
    private readonly GrowingBytes _bytes = new();

    public VariableBuffer(Field field)
        : base(field) => _offsets.Extend<int>(1)[0] = 0;

    public override long Bytes => _offsets.Length + _bytes.Length;

    /// <summary>Room for one value; the caller fills it and appends its validity.</summary>
    public Span<byte> Extend(int bytes)
    {
        var room = _bytes.Extend(bytes);
        _offsets.Extend<int>(1)[0] = _bytes.Length;
        return room;
    }

    public override void AppendRange(ArrayData data, int start, int count)
    {
        var offsets = Offsets(data).Slice(start, count + 1);
        var first = offsets[0];
        data.Buffers[2].Span[first..offsets[count]].CopyTo(Grow(offsets[count] - first, out var shift));
        var destination = _offsets.Extend<int>(count);
        for (var i = 0; i < count; i++)
            destination[i] = offsets[i + 1] - first + shift;
        Validity.AppendRange(data, start, count);
    }

    public override void AppendRows(ArrayData data, ReadOnlySpan<int> rows)
    {
        var offsets = Offsets(data);
        var source = data.Buffers[2].Span;
        var total = 0;
        foreach (var row in rows)
            total = checked(total + offsets[row + 1] - offsets[row]);

        var destination = Grow(total, out var end);
        var ends = _offsets.Extend<int>(rows.Length);
        var written = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var value = source[offsets[rows[i]]..offsets[rows[i] + 1]];
            value.CopyTo(destination[written..]);
            written += value.Length;
            ends[i] = end + written;
        }

        Validity.AppendRows(data, rows);
    }

    public override void Truncate(int count)
    {
        _offsets.Truncate((count + 1) * sizeof(int));
        _bytes.Truncate(_offsets.As<int>()[^1]);
        Validity.Truncate(count);
    }

    public override ArrayData Build() =>
        new(Field.DataType, Length, Validity.NullCount, 0, [Validity.Build(), new ArrowBuffer(_offsets.Memory), new ArrowBuffer(_bytes.Memory)], []);

    protected override void AppendZeros(int count) => _offsets.Extend<int>(count).Fill(_bytes.Length);

    /// <summary>The offsets of an array's own rows, one more than rows.</summary>
    public static ReadOnlySpan<int> Offsets(ArrayData data) =>
        data.Length == 0 ? [0] : MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset, data.Length + 1);

    private Span<byte> Grow(int count, out int lengthBefore)
    {
        lengthBefore = _bytes.Length;
        return _bytes.Extend(count);
    }
}
