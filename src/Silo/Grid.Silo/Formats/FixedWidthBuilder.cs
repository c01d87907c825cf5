using System.Buffers.Binary;
using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Values of one width in bytes: numbers, days, times, timestamps, fixed binary, UUIDs.</summary>
internal sealed class FixedWidthBuilder(DataType type, FixedWidthType arrow) : ColumnBuilder
{
    private readonly int _width = arrow.BitWidth / 8;
    private ArrowBuffer.BitmapBuilder _valid = new();
    private byte[] _values = new byte[1024];

    public override void AppendNull()
    {
        Slot().Clear();
        _valid.Append(false);
    }

    public override void AppendText(ReadOnlySpan<char> text)
    {
        var slot = Slot();
        // The two most frequent kinds without an object in between; whatever they refuse gets its error from ValueText.
        if (type.Kind == TypeKind.Int64 && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            BinaryPrimitives.WriteInt64LittleEndian(slot, integer);
        else if (type.Kind == TypeKind.Float64 && double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite & ~NumberStyles.AllowLeadingWhite,
                     CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            BinaryPrimitives.WriteDoubleLittleEndian(slot, number);
        else
            Write(ValueText.Parse(type, text.ToString()), slot);
        _valid.Append(true);
    }

    public override IArrowArray Build()
    {
        var data = new ArrayData(arrow, _valid.Length, _valid.UnsetBitCount, 0, [_valid.Build(), new ArrowBuffer(_values.AsMemory(0, _valid.Length * _width))]);
        _valid = new ArrowBuffer.BitmapBuilder();
        _values = new byte[_values.Length];
        return ArrowArrayFactory.BuildArray(data);
    }

    private Span<byte> Slot()
    {
        // A value that is refused leaves its slot to the next one: only the bitmap counts values.
        var count = _valid.Length;
        if ((count + 1) * _width > _values.Length)
            System.Array.Resize(ref _values, Math.Max(_values.Length * 2, _width * 16));
        return _values.AsSpan(count * _width, _width);
    }

    private static void Write(object value, Span<byte> slot)
    {
        switch (value)
        {
            case sbyte v:
                slot[0] = (byte)v;
                break;
            case short v:
                BinaryPrimitives.WriteInt16LittleEndian(slot, v);
                break;
            case int v:
                BinaryPrimitives.WriteInt32LittleEndian(slot, v);
                break;
            case long v:
                BinaryPrimitives.WriteInt64LittleEndian(slot, v);
                break;
            case float v:
                BinaryPrimitives.WriteSingleLittleEndian(slot, v);
                break;
            case double v:
                BinaryPrimitives.WriteDoubleLittleEndian(slot, v);
                break;
            case DateOnly v:
                BinaryPrimitives.WriteInt32LittleEndian(slot, v.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);
                break;
            case TimeOnly v:
                BinaryPrimitives.WriteInt64LittleEndian(slot, v.Ticks / TimeSpan.TicksPerMicrosecond);
                break;
            case DateTime v:
                BinaryPrimitives.WriteInt64LittleEndian(slot, Microseconds(v.Ticks));
                break;
            case DateTimeOffset v:
                BinaryPrimitives.WriteInt64LittleEndian(slot, Microseconds(v.UtcTicks));
                break;
            case Guid v:
                v.TryWriteBytes(slot, bigEndian: true, out _);
                break;
            case byte[] v:
                v.CopyTo(slot);
                break;
            default:
                throw new InvalidOperationException($"A value of {value.GetType()} has no fixed width.");
        }
    }

    private static long Microseconds(long ticks) => (ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
