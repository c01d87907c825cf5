using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Testing.Rows;

/// <summary>Builds the buffers of arrays from values.</summary>
internal static class ArrowValues
{
    /// <summary>
    /// Builds an array. Given <paramref name="odd"/>, it is as odd as Arrow allows: it may begin behind values that don't belong to it (children
    /// too), hold garbage where it is null, carry a validity bitmap without nulls and a null count that nobody has counted.
    /// </summary>
    public static ArrayData Build(DataType type, IArrowType arrow, object?[] values, Random? odd)
    {
        var before = odd is null || odd.Next(2) == 0 ? 0 : odd.Next(1, 20);
        var after = odd is null || odd.Next(2) == 0 ? 0 : odd.Next(1, 5);
        var all = values;
        if (before + after > 0)
        {
            all = new object?[before + values.Length + after];
            for (var i = 0; i < all.Length; i++)
                all[i] = i >= before && i < before + values.Length ? values[i - before] : RandomValues.Next(type, odd!);
        }

        var nulls = values.Count(value => value is null);
        var validity = nulls == 0 && (odd is null || odd.Next(2) == 0) ? ArrowBuffer.Empty : Bits(all, value => value is not null);
        var nullCount = odd is not null && odd.Next(2) == 0 ? -1 : nulls;
        var data = Fill(type, arrow, all, odd);
        return new ArrayData(arrow, values.Length, nullCount, before, [validity, .. data.Buffers], data.Children);
    }

    private static (ArrowBuffer[] Buffers, ArrayData[]? Children) Fill(DataType type, IArrowType arrow, object?[] values, Random? odd)
    {
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                return ([Bits(values, value => value is true)], null);
            case TypeKind.String or TypeKind.Binary:
                return (Variable(type, values, odd), null);
            case TypeKind.List:
                var (offsets, items) = Flatten(type, values, odd);
                return ([offsets], [Build(type.Children[0].Type, ((ListType)arrow).ValueDataType, items, odd)]);
            case TypeKind.Map:
                (offsets, items) = Flatten(type, values, odd);
                return ([offsets], [Build(DataType.Struct(type.Children.AsSpan()), ((MapType)arrow).KeyValueType, items, odd)]);
            case TypeKind.Struct:
                var fields = ((StructType)arrow).Fields;
                var children = type.Children.Select((child, i) => Build(child.Type, fields[i].DataType, [.. values.Select(value => Field(child, value, i, odd))], odd));
                return ([], [.. children]);
        }

        var width = Width(type);
        var bytes = new byte[values.Length * width];
        odd?.NextBytes(bytes); // what null slots keep
        for (var i = 0; i < values.Length; i++)
            if (values[i] is { } value)
                Write(type, value, bytes.AsSpan(i * width, width));
        return ([new ArrowBuffer(bytes)], null);
    }

    // A null struct's fields exist all the same; where they may not be null, some value stands in.
    private static object? Field(Column child, object? parent, int index, Random? odd) =>
        parent is object?[] fields ? fields[index] : child.Nullable ? null : RandomValues.Next(child.Type, odd ?? new Random(1));

    private static void Write(DataType type, object value, Span<byte> slot)
    {
        switch (value)
        {
            case sbyte number: slot[0] = (byte)number; break;
            case short number: BinaryPrimitives.WriteInt16LittleEndian(slot, number); break;
            case int number: BinaryPrimitives.WriteInt32LittleEndian(slot, number); break;
            case long number: BinaryPrimitives.WriteInt64LittleEndian(slot, number); break;
            case float number: BinaryPrimitives.WriteSingleLittleEndian(slot, number); break;
            case double number: BinaryPrimitives.WriteDoubleLittleEndian(slot, number); break;
            case DateOnly date: BinaryPrimitives.WriteInt32LittleEndian(slot, date.DayNumber - new DateOnly(1970, 1, 1).DayNumber); break;
            case TimeOnly time: BinaryPrimitives.WriteInt64LittleEndian(slot, time.Ticks / 10); break;
            case DateTime time: BinaryPrimitives.WriteInt64LittleEndian(slot, (time.Ticks - DateTime.UnixEpoch.Ticks) / 10); break;
            case DateTimeOffset time: BinaryPrimitives.WriteInt64LittleEndian(slot, (time.UtcTicks - DateTime.UnixEpoch.Ticks) / 10); break;
            case Guid uuid: uuid.TryWriteBytes(slot, bigEndian: true, out _); break;
            case byte[] bytes: bytes.CopyTo(slot); break;
            default:
                var digits = ValueText.Format(type, value).Replace(".", "", StringComparison.Ordinal);
                BinaryPrimitives.WriteInt128LittleEndian(slot, Int128.Parse(digits, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static int Width(DataType type) => type.Kind switch
    {
        TypeKind.Int8 => 1,
        TypeKind.Int16 => 2,
        TypeKind.Int32 or TypeKind.Float32 or TypeKind.Date => 4,
        TypeKind.Decimal or TypeKind.Uuid => 16,
        TypeKind.FixedBinary => type.Length,
        _ => 8,
    };

    private static ArrowBuffer[] Variable(DataType type, object?[] values, Random? odd)
    {
        var offsets = new int[values.Length + 1];
        var data = new MemoryStream();
        if (odd is not null && odd.Next(3) == 0)
            data.Write("garbage"u8); // the first offset need not be 0
        offsets[0] = (int)data.Length;
        for (var i = 0; i < values.Length; i++)
        {
            // A null slot may have bytes too.
            var value = values[i] ?? (odd is not null && odd.Next(3) == 0 ? RandomValues.Next(type, odd) : null);
            data.Write(value switch { null => [], string text => Encoding.UTF8.GetBytes(text), _ => (byte[])value });
            offsets[i + 1] = (int)data.Length;
        }

        return [Ints(offsets), new ArrowBuffer(data.ToArray())];
    }

    private static (ArrowBuffer Offsets, object?[] Items) Flatten(DataType type, object?[] values, Random? odd)
    {
        var items = new List<object?>();
        var offsets = new int[values.Length + 1];
        for (var i = 0; i < values.Length; i++)
        {
            // A null slot may have items too.
            var value = values[i] ?? (odd is not null && odd.Next(3) == 0 ? RandomValues.Next(type, odd) : null);
            items.AddRange((object?[])(value ?? System.Array.Empty<object?>()));
            offsets[i + 1] = items.Count;
        }

        return (Ints(offsets), [.. items]);
    }

    private static ArrowBuffer Ints(int[] values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), values[i]);
        return new ArrowBuffer(bytes);
    }

    private static ArrowBuffer Bits(object?[] values, Func<object?, bool> isSet)
    {
        var bytes = new byte[(values.Length + 7) / 8];
        for (var i = 0; i < values.Length; i++)
            if (isSet(values[i]))
                bytes[i / 8] |= (byte)(1 << (i % 8));
        return new ArrowBuffer(bytes);
    }
}
