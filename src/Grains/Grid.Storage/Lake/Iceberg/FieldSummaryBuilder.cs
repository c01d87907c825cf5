using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Sums up one partition field's values over a manifest's files.</summary>
/// <param name="type">The type of the values.</param>
internal sealed class FieldSummaryBuilder(DataType type)
{
    private bool _containsNull;
    private bool _containsNan;
    private (byte[] Order, object Value)? _lowest;
    private (byte[] Order, object Value)? _highest;

    public void Add(object? value)
    {
        if (value is null)
            _containsNull = true;
        else if (value is float.NaN or double.NaN)
            _containsNan = true;
        else
            Widen((Order(value), value));
    }

    public FieldSummary Build() => new()
    {
        ContainsNull = _containsNull,
        ContainsNan = type.Kind is TypeKind.Float32 or TypeKind.Float64 ? _containsNan : false,
        LowerBound = _lowest is { } lowest ? ImmutableCollectionsMarshal.AsImmutableArray(Encode(lowest.Value, Bounds.Lower)) : null,
        UpperBound = _highest is { } highest ? ImmutableCollectionsMarshal.AsImmutableArray(Encode(highest.Value, Bounds.Upper)) : null,
    };

    private void Widen((byte[] Order, object Value) next)
    {
        if (_lowest is not { } lowest || next.Order.AsSpan().SequenceCompareTo(lowest.Order) < 0)
            _lowest = next;
        if (_highest is not { } highest || next.Order.AsSpan().SequenceCompareTo(highest.Order) > 0)
            _highest = next;
    }

    // A zero's sign is the bound's business; nothing else is cut here, because without a bound a reader would take the field for empty.
    private byte[] Encode(object value, Func<DataType, byte[], byte[]?> bound)
    {
        var bytes = SingleValue.Encode(type, value);
        return type.Kind is TypeKind.Float32 or TypeKind.Float64 ? bound(type, bytes)! : bytes;
    }

    /// <summary>Bytes whose order is the values' order.</summary>
    private byte[] Order(object value)
    {
        var bytes = new byte[OrderedBytes.DecimalBytes];
        if (ScalarValues.TryGetInteger(type.Kind, value, out var integer))
            return bytes[..OrderedBytes.WriteInt64(bytes, integer)];
        return value switch
        {
            float number => bytes[..OrderedBytes.WriteFloat32(bytes, number)],
            double number => bytes[..OrderedBytes.WriteFloat64(bytes, number)],
            _ when DecimalValues.TryFromObject(value, type.Precision, type.Scale, out var units) => bytes[..OrderedBytes.WriteInt128(bytes, units)],
            _ => SingleValue.Encode(type, value),
        };
    }
}
