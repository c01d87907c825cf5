using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>Collects the statistics of a frame's columns. Reused from frame to frame.</summary>
internal sealed class StatisticsBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private byte[] _text = [];

    public void Clear() => _bytes.ResetWrittenCount();

    /// <summary>Adds a column; nested ones are left out.</summary>
    public void Add(Column column, ArrayData data, int nulls)
    {
        if (column.Type.IsNested)
            return;
        if (_bytes.WrittenCount == 0)
            PutByte(FrameStatistics.FormatVersion);
        PutVarint(column.Id.Value);
        PutVarint(nulls);
        if (nulls == data.Length || !TryAddBounds(column.Type.Kind, data, nulls))
            PutByte(0);
    }

    /// <summary>The statistics as text; valid until the next call.</summary>
    public ReadOnlySpan<byte> ToText()
    {
        var length = Base64.GetMaxEncodedToUtf8Length(_bytes.WrittenCount);
        if (_text.Length < length)
            _text = new byte[Math.Max(length, 2 * _text.Length)];
        Base64.EncodeToUtf8(_bytes.WrittenSpan, _text, out _, out var written);
        return _text.AsSpan(0, written);
    }

    private bool TryAddBounds(TypeKind kind, ArrayData data, int nulls)
    {
        var valid = nulls == 0 ? default : data.Buffers[0].Span;
        switch (kind)
        {
            case TypeKind.Boolean:
                return AddBooleans(data, valid);
            case TypeKind.Int8:
                return AddNumbers<sbyte>(data, valid, OrderedBytes.WriteInt8);
            case TypeKind.Int16:
                return AddNumbers<short>(data, valid, OrderedBytes.WriteInt16);
            case TypeKind.Int32 or TypeKind.Date:
                return AddNumbers<int>(data, valid, OrderedBytes.WriteInt32);
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc:
                return AddNumbers<long>(data, valid, OrderedBytes.WriteInt64);
            case TypeKind.Float32:
                return AddNumbers<float>(data, valid, OrderedBytes.WriteFloat32);
            case TypeKind.Float64:
                return AddNumbers<double>(data, valid, OrderedBytes.WriteFloat64);
            case TypeKind.Decimal:
                return AddNumbers<Int128>(data, valid, OrderedBytes.WriteInt128);
            case TypeKind.String or TypeKind.Binary:
                MinMax.OfVariable(MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span).Slice(data.Offset, data.Length + 1), data.Buffers[2].Span, valid, data.Offset, out var min, out var max);
                return AddBytes(min, max);
            case TypeKind.FixedBinary or TypeKind.Uuid:
                var width = ArrayLayouts.WidthOf(data.DataType);
                MinMax.OfFixed(data.Buffers[1].Span.Slice(data.Offset * width, data.Length * width), width, valid, data.Offset, out var low, out var high);
                return AddBytes(low, high);
            default:
                return false;
        }
    }

    private bool AddBooleans(ArrayData data, ReadOnlySpan<byte> valid)
    {
        MinMax.OfBits(data.Buffers[1].Span, valid, data.Offset, data.Length, out var min, out var max);
        PutByte(FrameStatistics.HasMinMaxFlag);
        PutValue(min, OrderedBytes.WriteBoolean);
        PutValue(max, OrderedBytes.WriteBoolean);
        return true;
    }

    private bool AddNumbers<T>(ArrayData data, ReadOnlySpan<byte> valid, Writer<T> write)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(data.Buffers[1].Span).Slice(data.Offset, data.Length);
        if (!MinMax.TryFind(values, valid, data.Offset, out var min, out var max))
            return false;
        PutByte(FrameStatistics.HasMinMaxFlag);
        PutValue(min, write);
        PutValue(max, write);
        return true;
    }

    private bool AddBytes(ReadOnlySpan<byte> min, ReadOnlySpan<byte> max)
    {
        // A prefix is never higher than what it was cut from: good as a minimum. A maximum is raised: its last byte below FF, the rest cut.
        var cut = max.Length > FrameStatistics.BoundBytesMax;
        var length = Math.Min(max.Length, FrameStatistics.BoundBytesMax);
        while (cut && length > 0 && max[length - 1] == 0xFF)
            length--;
        if (cut && length == 0)
            return false;

        PutByte(FrameStatistics.HasMinMaxFlag);
        PutBytes(min[..Math.Min(min.Length, FrameStatistics.BoundBytesMax)]);
        PutVarint(length);
        var bound = _bytes.GetSpan(length)[..length];
        max[..length].CopyTo(bound);
        if (cut)
            bound[length - 1]++;
        _bytes.Advance(length);
        return true;
    }

    private delegate int Writer<T>(Span<byte> destination, T value);

    private void PutValue<T>(T value, Writer<T> write)
    {
        Span<byte> bytes = stackalloc byte[OrderedBytes.DecimalBytes];
        PutBytes(bytes[..write(bytes, value)]);
    }

    private void PutBytes(ReadOnlySpan<byte> bytes)
    {
        PutVarint(bytes.Length);
        _bytes.Write(bytes);
    }

    private void PutVarint(int value)
    {
        for (; value >= 0x80; value >>= 7)
            PutByte((byte)(value | 0x80));
        PutByte((byte)value);
    }

    private void PutByte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }
}
