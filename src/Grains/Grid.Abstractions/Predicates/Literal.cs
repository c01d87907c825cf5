namespace Grid.Abstractions;

/// <summary>A value to compare with: a number whose order is the values' order, or bytes.</summary>
internal readonly record struct Literal : IComparable<Literal>
{
    /// <summary>For numbers, dates and times: as stored; for floats: <see cref="FloatOrder"/>.</summary>
    public Int128 Order { get; private init; }

    /// <summary>For text, binary and uuid: as stored; else null.</summary>
    public byte[]? Bytes { get; private init; }

    /// <summary>A value of the type's .NET type.</summary>
    public static Literal Of(DataType type, object value)
    {
        if (ScalarValues.TryGetBytes(type, value) is { } bytes)
            return new Literal { Bytes = bytes };
        if (value is float or double)
            return new Literal { Order = FloatOrder.Of(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture)) };
        return ScalarValues.TryGetInteger(type.Kind, value, out var number) ? new Literal { Order = number }
            : DecimalValues.TryFromObject(value, type.Precision, type.Scale, out var units) ? new Literal { Order = units }
            : throw new GridException(GridErrorCode.InvalidArgument, $"{value.GetType().Name} is not a value of {type}.");
    }

    /// <summary>Compares a bound of a frame's statistics with this value; false where the bytes are no value of the frame column's type.</summary>
    public bool TryCompare(DataType type, ReadOnlySpan<byte> bound, out int order)
    {
        if (Bytes is not null)
        {
            order = bound.SequenceCompareTo(Bytes);
            return true;
        }

        order = 0;
        if (bound.Length != Width(type.Kind))
            return false;
        var value = type.Kind switch
        {
            TypeKind.Boolean => bound[0],
            TypeKind.Int8 => OrderedBytes.ReadInt8(bound),
            TypeKind.Int16 => OrderedBytes.ReadInt16(bound),
            TypeKind.Int32 or TypeKind.Date => OrderedBytes.ReadInt32(bound),
            TypeKind.Float32 => FloatOrder.Of(OrderedBytes.ReadFloat32(bound)),
            TypeKind.Float64 => FloatOrder.Of(OrderedBytes.ReadFloat64(bound)),
            TypeKind.Decimal => OrderedBytes.ReadInt128(bound),
            _ => (Int128)OrderedBytes.ReadInt64(bound),
        };
        order = value.CompareTo(Order);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Literal other) => Bytes is null ? Order.CompareTo(other.Order) : Bytes.AsSpan().SequenceCompareTo(other.Bytes);

    private static int Width(TypeKind kind) => kind switch
    {
        TypeKind.Boolean or TypeKind.Int8 => 1,
        TypeKind.Int16 => 2,
        TypeKind.Int32 or TypeKind.Date or TypeKind.Float32 => 4,
        TypeKind.Decimal => OrderedBytes.DecimalBytes,
        _ => 8,
    };
}

/// <summary>Floats as whole numbers in their order: negative zero equals zero, NaN is above everything and equals itself.</summary>
internal static class FloatOrder
{
    /// <summary>The order of a float; a float32 keeps its order when it is widened.</summary>
    public static long Of(double value)
    {
        if (double.IsNaN(value))
            return long.MaxValue;
        var bits = BitConverter.DoubleToInt64Bits(value + 0d);
        return bits < 0 ? bits ^ long.MaxValue : bits; // sign and magnitude to two's complement
    }
}
