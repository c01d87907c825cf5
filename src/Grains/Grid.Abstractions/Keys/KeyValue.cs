using System.Globalization;

namespace Grid.Abstractions;

/// <summary>One value of a key column between its .NET type and its encoding.</summary>
internal readonly ref struct KeyValue
{
    private readonly TypeKind _kind;
    private readonly Int128 _number;
    private readonly byte[]? _bytes;

    private KeyValue(DataType type, Int128 number, byte[]? bytes)
    {
        _kind = type.Kind;
        _number = number;
        _bytes = bytes;
        var width = KeyColumnEncoding.FixedWidth(type);
        Length = width > 0 ? width : KeyColumnEncoding.EscapedLength(bytes);
    }

    /// <summary>Bytes of the encoding.</summary>
    public int Length { get; }

    /// <summary>Takes a value of the column's .NET type.</summary>
    public static KeyValue Of(Column column, object? value)
    {
        if (value is null)
            throw new GridException(GridErrorCode.NullNotAllowed, $"Key column '{column.Name}' is null; keys must have values.");
        if (ScalarValues.TryGetInteger(column.Type.Kind, value, out var integer))
            return new KeyValue(column.Type, integer, null);
        if (column.Type.Kind == TypeKind.Decimal && DecimalValues.TryFromObject(value, column.Type.Precision, column.Type.Scale, out var units))
            return new KeyValue(column.Type, units, null);
        if (ScalarValues.TryGetBytes(column.Type, value) is { } bytes)
            return new KeyValue(column.Type, 0, bytes);
        var shown = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        throw new GridException(GridErrorCode.InvalidKey,
            $"'{(shown.Length <= 100 ? shown : shown[..100] + "...")}' ({value.GetType().Name}) is not a value of key column '{column.Name}' of type {column.Type}; "
            + "give exactly that type's .NET type, within its range, not finer than a microsecond.");
    }

    /// <summary>Writes the encoding; answers its length.</summary>
    public int Write(Span<byte> destination)
    {
        switch (_kind)
        {
            case TypeKind.Boolean:
                return OrderedBytes.WriteBoolean(destination, _number != 0);
            case TypeKind.Int8:
                return OrderedBytes.WriteInt8(destination, (sbyte)_number);
            case TypeKind.Int16:
                return OrderedBytes.WriteInt16(destination, (short)_number);
            case TypeKind.Int32 or TypeKind.Date:
                return OrderedBytes.WriteInt32(destination, (int)_number);
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc:
                return OrderedBytes.WriteInt64(destination, (long)_number);
            case TypeKind.Decimal:
                return OrderedBytes.WriteInt128(destination, _number);
            case TypeKind.FixedBinary or TypeKind.Uuid:
                _bytes.CopyTo(destination);
                return Length;
            default:
                return KeyColumnEncoding.WriteEscaped(_bytes, destination);
        }
    }

    /// <summary>The value's hash as Iceberg's bucket transform has it: whole numbers as 8 bytes whatever their type, booleans as 0 or 1.</summary>
    public int Hash() =>
        _bytes is not null ? Murmur3.Hash(_bytes) : _kind == TypeKind.Decimal ? BucketFunction.HashDecimal(_number) : Murmur3.Hash((long)_number);

    /// <summary>Reads the value that begins at a place of an encoded key and moves the place behind it.</summary>
    public static object Read(Column column, ReadOnlySpan<byte> key, ref int at)
    {
        var type = column.Type;
        var rest = key[at..];
        var width = KeyColumnEncoding.FixedWidth(type);
        if (width > rest.Length)
            throw Corrupt(column, $"needs {width} bytes at {at} of {key.Length}");
        at += width;
        var value = type.Kind switch
        {
            TypeKind.Boolean => ScalarValues.FromInteger(type.Kind, rest[0]),
            TypeKind.Int8 => (object?)OrderedBytes.ReadInt8(rest),
            TypeKind.Int16 => OrderedBytes.ReadInt16(rest),
            TypeKind.Int32 or TypeKind.Date => ScalarValues.FromInteger(type.Kind, OrderedBytes.ReadInt32(rest)),
            TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc => ScalarValues.FromInteger(type.Kind, OrderedBytes.ReadInt64(rest)),
            TypeKind.Decimal => DecimalValues.TryToObject(OrderedBytes.ReadInt128(rest), type.Precision, type.Scale),
            TypeKind.FixedBinary or TypeKind.Uuid => ScalarValues.FromBytes(type, rest[..width]),
            _ => ScalarValues.FromBytes(type, ReadEscaped(column, key, ref at)),
        };
        return value ?? throw Corrupt(column, $"has bytes before {at} that are no value of {type}");
    }

    private static ReadOnlySpan<byte> ReadEscaped(Column column, ReadOnlySpan<byte> key, ref int at)
    {
        // The value is at most as long as what is left of the key, so that bounds the memory.
        var start = at;
        byte[]? value = null;
        var length = 0;
        while (true)
        {
            var zero = key[at..].IndexOf((byte)0);
            if (zero < 0 || at + zero + 1 == key.Length)
                throw Corrupt(column, $"has no end from {start} on");
            var mark = key[at + zero + 1];
            if (mark == KeyColumnEncoding.End && value is null)
            {
                var whole = key.Slice(at, zero);
                at += zero + 2;
                return whole;
            }

            value ??= new byte[key.Length - start];
            key.Slice(at, zero).CopyTo(value.AsSpan(length));
            length += zero;
            at += zero + 2;
            if (mark == KeyColumnEncoding.End)
                return value.AsSpan(0, length);
            if (mark != KeyColumnEncoding.Escape)
                throw Corrupt(column, $"has {mark:x2} behind a 00 at {at - 1}, where only {KeyColumnEncoding.Escape:x2} or {KeyColumnEncoding.End:x2} may stand");
            value[length++] = 0;
        }
    }

    private static GridException Corrupt(Column column, string what) =>
        new(GridErrorCode.Corrupt, $"An encoded key is damaged: column '{column.Name}' of type {column.Type} {what}.");
}
