using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Testing.Rows;

/// <summary>
/// Batches row by row, slowly and plainly: what properties compare fast code with. A scalar is of <see cref="ValueText"/>'s .NET type, a list is
/// <c>object?[]</c>, a struct is <c>object?[]</c> of its fields, a map is <c>object?[]</c> of <c>object?[2]</c>; null is null.
/// </summary>
public static class ArrowRows
{
    /// <summary>All rows of a batch of these columns; other columns behind them are left out.</summary>
    public static object?[][] Read(IReadOnlyList<Column> columns, RecordBatch batch) =>
        [.. Enumerable.Range(0, batch.Length).Select(row => columns.Select((column, i) => Read(column.Type, batch.Column(i).Data, row)).ToArray())];

    /// <summary>One value of an array.</summary>
    public static object? Read(DataType type, ArrayData data, int index)
    {
        var at = data.Offset + index;
        var validity = data.Buffers[0].Span;
        if (!validity.IsEmpty && (validity[at / 8] >> (at % 8) & 1) == 0)
            return null;
        switch (type.Kind)
        {
            case TypeKind.List:
                return Slots(data, at, item => Read(type.Children[0].Type, data.Children[0], item));
            case TypeKind.Map:
                var pairs = DataType.Struct(type.Children.AsSpan());
                return Slots(data, at, item => Read(pairs, data.Children[0], item));
            case TypeKind.Struct:
                return type.Children.Select((child, i) => Read(child.Type, data.Children[i], at)).ToArray();
        }

        var values = data.Buffers[1].Span;
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                return (values[at / 8] >> (at % 8) & 1) == 1;
            case TypeKind.Int8:
                return (sbyte)values[at];
            case TypeKind.Int16:
                return BinaryPrimitives.ReadInt16LittleEndian(values[(at * 2)..]);
            case TypeKind.Int32:
                return Int32(values, at);
            case TypeKind.Int64:
                return Int64(values, at);
            case TypeKind.Float32:
                return BinaryPrimitives.ReadSingleLittleEndian(values[(at * 4)..]);
            case TypeKind.Float64:
                return BinaryPrimitives.ReadDoubleLittleEndian(values[(at * 8)..]);
            case TypeKind.Decimal:
                return ReadDecimal(type, BinaryPrimitives.ReadInt128LittleEndian(values[(at * 16)..]));
            case TypeKind.Date:
                return new DateOnly(1970, 1, 1).AddDays(Int32(values, at));
            case TypeKind.Time:
                return new TimeOnly(Int64(values, at) * 10);
            case TypeKind.Timestamp:
                return DateTime.SpecifyKind(DateTime.UnixEpoch.AddTicks(Int64(values, at) * 10), DateTimeKind.Unspecified);
            case TypeKind.TimestampUtc:
                return DateTimeOffset.UnixEpoch.AddTicks(Int64(values, at) * 10);
            case TypeKind.Uuid:
                return new Guid(values.Slice(at * 16, 16), bigEndian: true);
            case TypeKind.FixedBinary:
                return values.Slice(at * type.Length, type.Length).ToArray();
            default:
                var bytes = data.Buffers[2].Span[Int32(values, at)..Int32(values, at + 1)];
                return type.Kind == TypeKind.String ? Encoding.UTF8.GetString(bytes) : bytes.ToArray();
        }
    }

    /// <summary>A batch of these rows; its arrays begin at 0.</summary>
    public static RecordBatch Build(TableSchema schema, IReadOnlyList<object?[]> rows)
    {
        var arrow = ArrowSchemas.ToArrow(schema);
        var arrays = schema.Columns.Select((column, i) =>
            ArrowArrayFactory.BuildArray(ArrowValues.Build(column.Type, arrow.FieldsList[i].DataType, [.. rows.Select(row => row[i])], odd: null)));
        return new RecordBatch(arrow, arrays, rows.Count);
    }

    /// <summary>An array of these values.</summary>
    public static IArrowArray Build(Column column, IReadOnlyList<object?> values)
    {
        var schema = new TableSchema { Version = new SchemaVersion(1), Columns = [column] };
        return Build(schema, [.. values.Select(value => new[] { value })]).Column(0);
    }

    /// <summary>A value as text that is equal for equal values only: for comparing and for messages.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        byte[] bytes => "x" + Convert.ToHexString(bytes),
        object?[] items => $"[{string.Join(", ", items.Select(Text))}]",
        string text => $"'{text}'",
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("O", CultureInfo.InvariantCulture),
        System.Data.SqlTypes.SqlDecimal number => number.ToString(),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>Rows as text, a line a row.</summary>
    public static string Text(IEnumerable<object?[]> rows) => string.Join('\n', rows.Select(Text));

    private static object ReadDecimal(DataType type, Int128 units)
    {
        var digits = Int128.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(type.Scale + 1, '0');
        return ValueText.Parse(type, $"{(units < 0 ? "-" : "")}{digits[..^type.Scale]}.{digits[^type.Scale..]}");
    }

    private static object?[] Slots(ArrayData data, int at, Func<int, object?> read)
    {
        var offsets = data.Buffers[1].Span;
        var start = Int32(offsets, at);
        return [.. Enumerable.Range(start, Int32(offsets, at + 1) - start).Select(read)];
    }

    private static int Int32(ReadOnlySpan<byte> values, int index) => BinaryPrimitives.ReadInt32LittleEndian(values[(index * 4)..]);

    private static long Int64(ReadOnlySpan<byte> values, int index) => BinaryPrimitives.ReadInt64LittleEndian(values[(index * 8)..]);
}
