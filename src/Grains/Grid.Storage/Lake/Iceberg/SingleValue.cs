using System.Buffers.Binary;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>
/// Values as single bytes strings, as manifests have bounds (the spec's Appendix D, "Binary single-value serialization"): fixed-width numbers little endian; decimals the shortest
/// two's complement, big endian; UUIDs in network order; text and bytes as they are. int8 and int16 are ints.
/// </summary>
internal static class SingleValue
{
    /// <summary>A value of a scalar type, .NET types of <see cref="ValueText"/>; of int8 and int16 also an int.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: it is not a value of the type.</exception>
    public static byte[] Encode(DataType type, object value)
    {
        switch (type.Kind, value)
        {
            case (TypeKind.Int8 or TypeKind.Int16, int number):
                return OfInteger(type, number);
            case (TypeKind.Float32, float number):
                return OfFloat(number);
            case (TypeKind.Float64, double number):
                return OfDouble(number);
            case (TypeKind.Decimal, _) when DecimalValues.TryFromObject(value, type.Precision, type.Scale, out var units):
                return OfDecimal(units);
        }

        if (ScalarValues.TryGetInteger(type.Kind, value, out var integer))
            return OfInteger(type, integer);
        return ScalarValues.TryGetBytes(type, value) ?? throw new GridException(GridErrorCode.InvalidArgument, $"A {value.GetType().Name} is not a value of {type}.");
    }

    /// <summary>A boolean (0, 1), integer, date (days), time or timestamp (microseconds).</summary>
    public static byte[] OfInteger(DataType type, long number)
    {
        var bytes = new byte[Width(type)];
        if (bytes.Length == 1)
            bytes[0] = (byte)number;
        else if (bytes.Length == sizeof(int))
            BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)number);
        else
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }

    public static byte[] OfFloat(float number)
    {
        var bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
        return bytes;
    }

    public static byte[] OfDouble(double number)
    {
        var bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
        return bytes;
    }

    /// <summary>A decimal's units.</summary>
    public static byte[] OfDecimal(Int128 units)
    {
        Span<byte> room = stackalloc byte[OrderedBytes.DecimalBytes];
        return DecimalValues.Shortest(units, room).ToArray();
    }

    /// <summary>The value, .NET types of <see cref="ValueText"/>, an int for int8 and int16; null where .NET's type does not reach so far.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the bytes are not a value of the type.</exception>
    public static object? Decode(DataType type, ReadOnlySpan<byte> bytes)
    {
        type = IcebergTypes.Stored(type);
        switch (type.Kind)
        {
            case TypeKind.Boolean when bytes.Length == 1:
                return bytes[0] != 0;
            case TypeKind.Float32 when bytes.Length == sizeof(float):
                return BinaryPrimitives.ReadSingleLittleEndian(bytes);
            case TypeKind.Float64 when bytes.Length == sizeof(double):
                return BinaryPrimitives.ReadDoubleLittleEndian(bytes);
            // The column may have been a float when the file was written.
            case TypeKind.Float64 when bytes.Length == sizeof(float):
                return (double)BinaryPrimitives.ReadSingleLittleEndian(bytes);
            case TypeKind.Int32 or TypeKind.Date when bytes.Length == sizeof(int):
                return ScalarValues.FromInteger(type.Kind, BinaryPrimitives.ReadInt32LittleEndian(bytes));
            case TypeKind.Int64 when bytes.Length == sizeof(int):
                return (long)BinaryPrimitives.ReadInt32LittleEndian(bytes);
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc when bytes.Length == sizeof(long):
                return ScalarValues.FromInteger(type.Kind, BinaryPrimitives.ReadInt64LittleEndian(bytes));
            case TypeKind.Decimal when bytes.Length is >= 1 and <= 16:
                return DecimalValues.TryToObject(Units(bytes), type.Precision, type.Scale) ?? throw Illegal(type, bytes);
            default:
                return ScalarValues.FromBytes(type, bytes) ?? throw Illegal(type, bytes);
        }
    }

    /// <summary>A big-endian two's complement of up to 16 bytes.</summary>
    public static Int128 Units(ReadOnlySpan<byte> bytes)
    {
        Int128 units = (sbyte)bytes[0];
        foreach (var next in bytes[1..])
            units = (units << 8) | next;
        return units;
    }

    private static int Width(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => 1,
        TypeKind.Int8 or TypeKind.Int16 or TypeKind.Int32 or TypeKind.Date => sizeof(int),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc => sizeof(long),
        _ => throw new ArgumentException($"Values of {type} are not whole numbers.", nameof(type)),
    };

    private static GridException Illegal(DataType type, ReadOnlySpan<byte> bytes) => LakeErrors.Damaged($"{bytes.Length} bytes are not a single value of {IcebergTypes.NameOf(type)}");
}
