using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Grid.Abstractions;

/// <summary>What rows that lack a column read: its default, or nulls. Arrays of it are made once for the longest batch and shared.</summary>
internal sealed class MissingColumn
{
    // At most: 2^20 rows, the most of a frame, of 256 bytes.
    private const long BytesMax = 256L * 1024 * 1024;

    private readonly string _name;
    private readonly DataType _type;
    private readonly IArrowType _arrow;
    private readonly byte[]? _default;
    private ArrayData? _longest;

    public MissingColumn(Column column, IArrowType arrow)
    {
        _name = column.Name;
        _type = column.Type;
        _arrow = arrow;
        _default = column.Default is null ? null : Stored(column.Type, ValueText.Parse(column.Type, column.Default));
    }

    /// <summary>An array of this many rows.</summary>
    public ArrayData Take(int rows)
    {
        // Two callers at once may both make one; either serves.
        var longest = _longest;
        if (longest is null || longest.Length < rows)
            _longest = longest = _default is null ? Nulls(_type, _arrow, nullable: true, rows) : Defaults(rows);
        return longest.Length == rows ? longest : longest.Slice(0, rows);
    }

    private ArrayData Defaults(int rows)
    {
        if (_type.Kind == TypeKind.Boolean)
        {
            var bits = new byte[(rows + 7) / 8];
            bits.AsSpan().Fill(_default![0] == 0 ? (byte)0 : (byte)0xff);
            return new ArrayData(_arrow, rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(bits)], null);
        }

        var values = Allocate(rows, _default!.Length);
        for (var i = 0; i < values.Length; i += _default.Length)
            _default.CopyTo(values.AsSpan(i));
        return _type.Kind is TypeKind.String or TypeKind.Binary
            ? new ArrayData(_arrow, rows, 0, 0, [ArrowBuffer.Empty, Offsets(rows, _default.Length), new ArrowBuffer(values)], null)
            : new ArrayData(_arrow, rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(values)], null);
    }

    // A field that may not be null, in a struct that is, holds zeros.
    private ArrayData Nulls(DataType type, IArrowType arrow, bool nullable, int rows)
    {
        var validity = nullable ? new ArrowBuffer(new byte[(rows + 7) / 8]) : ArrowBuffer.Empty;
        var nulls = nullable ? rows : 0;
        switch (arrow)
        {
            case StructType group:
                var fields = new ArrayData[group.Fields.Count];
                for (var i = 0; i < fields.Length; i++)
                    fields[i] = Nulls(type.Children[i].Type, group.Fields[i].DataType, type.Children[i].Nullable, rows);
                return new ArrayData(arrow, rows, nulls, 0, [validity], fields);
            case ListType list:
                return new ArrayData(arrow, rows, nulls, 0, [validity, Offsets(rows, 0)], [Nulls(type.Children[0].Type, list.ValueDataType, nullable: false, 0)]);
            case MapType map:
                return new ArrayData(arrow, rows, nulls, 0, [validity, Offsets(rows, 0)],
                    [Nulls(DataType.Struct(type.Children.AsSpan()), map.KeyValueType, nullable: false, 0)]);
            case StringType or BinaryType:
                return new ArrayData(arrow, rows, nulls, 0, [validity, Offsets(rows, 0), ArrowBuffer.Empty], null);
            case BooleanType:
                return new ArrayData(arrow, rows, nulls, 0, [validity, new ArrowBuffer(new byte[(rows + 7) / 8])], null);
            default:
                return new ArrayData(arrow, rows, nulls, 0, [validity, new ArrowBuffer(Allocate(rows, StoredWidth(type)))], null);
        }
    }

    private byte[] Allocate(int rows, int width) =>
        (long)rows * width <= BytesMax
            ? new byte[rows * width]
            : throw new GridException(GridErrorCode.TooLarge,
                $"Column '{_name}' is missing from {rows} rows and takes {width} bytes in each: over {BytesMax}; ask for fewer rows at a time, or without the column.");

    private static ArrowBuffer Offsets(int rows, int step)
    {
        var bytes = new byte[(rows + 1) * sizeof(int)];
        if (step > 0)
        {
            var offsets = MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
            for (var i = 0; i < offsets.Length; i++)
                offsets[i] = i * step;
        }

        return new ArrowBuffer(bytes);
    }

    // A value as Arrow stores it; a boolean as one byte.
    private static byte[] Stored(DataType type, object value)
    {
        if (ScalarValues.TryGetBytes(type, value) is { } bytes)
            return bytes;
        var stored = new byte[StoredWidth(type)];
        if (value is float single)
            BinaryPrimitives.WriteSingleLittleEndian(stored, single);
        else if (value is double number)
            BinaryPrimitives.WriteDoubleLittleEndian(stored, number);
        else if (DecimalValues.TryFromObject(value, type.Precision, type.Scale, out var units))
            BinaryPrimitives.WriteInt128LittleEndian(stored, units);
        else if (ScalarValues.TryGetInteger(type.Kind, value, out var integer))
        {
            Span<byte> wide = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(wide, integer);
            wide[..stored.Length].CopyTo(stored); // the low bytes come first
        }

        return stored;
    }

    private static int StoredWidth(DataType type) => type.Kind switch
    {
        TypeKind.Float32 => sizeof(float),
        TypeKind.Float64 => sizeof(double),
        _ => KeyColumnEncoding.FixedWidth(type), // fixed-width keys are as wide as Arrow's values
    };
}
