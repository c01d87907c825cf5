using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Casts arrays to the types of a table's columns. Frequent casts run over spans, the rest goes through the values' text form.</summary>
internal static class ArrayCast
{
    public static IArrowArray To(IArrowArray array, DataType type, IArrowType arrow) => array switch
    {
        _ when Same(array.Data.DataType, arrow) => array,
        Int8Array a => FromIntegers(a, type, arrow),
        Int16Array a => FromIntegers(a, type, arrow),
        Int32Array a => FromIntegers(a, type, arrow),
        Int64Array a => FromIntegers(a, type, arrow),
        UInt8Array a => FromIntegers(a, type, arrow),
        UInt16Array a => FromIntegers(a, type, arrow),
        UInt32Array a => FromIntegers(a, type, arrow),
        UInt64Array a => FromIntegers(a, type, arrow),
        TimestampArray a when arrow is TimestampType => Rescale(a, ((TimestampType)a.Data.DataType).Unit, type, arrow),
        Time32Array a when arrow is Time64Type => Rescale(Widen(a), ((Time32Type)a.Data.DataType).Unit, type, arrow),
        Time64Array a when arrow is Time64Type => Rescale(a, ((Time64Type)a.Data.DataType).Unit, type, arrow),
        LargeStringArray or LargeBinaryArray when type.Kind is TypeKind.String or TypeKind.Binary => ToSmallOffsets(array, arrow),
        StructArray or ListArray or MapArray => Children(array, type, arrow),
        _ => ThroughText(array, type),
    };

    private static bool Same(IArrowType from, IArrowType to)
    {
        if (from.TypeId != to.TypeId)
            return false;
        return (from, to) switch
        {
            (TimestampType f, TimestampType t) => f.Unit == t.Unit && string.IsNullOrEmpty(f.Timezone) == string.IsNullOrEmpty(t.Timezone),
            (Time64Type f, Time64Type t) => f.Unit == t.Unit,
            (Decimal128Type f, Decimal128Type t) => f.Precision == t.Precision && f.Scale == t.Scale,
            (FixedSizeBinaryType f, FixedSizeBinaryType t) => f.ByteWidth == t.ByteWidth,
            (NestedType f, NestedType t) => f.Fields.Count == t.Fields.Count && f.Fields.Zip(t.Fields).All(pair => Same(pair.First.DataType, pair.Second.DataType)),
            _ => true,
        };
    }

    private static IArrowArray FromIntegers<TFrom>(PrimitiveArray<TFrom> array, DataType type, IArrowType arrow)
        where TFrom : struct, IBinaryInteger<TFrom> => type.Kind switch
        {
            TypeKind.Int8 => Convert<TFrom, sbyte>(array, arrow),
            TypeKind.Int16 => Convert<TFrom, short>(array, arrow),
            TypeKind.Int32 => Convert<TFrom, int>(array, arrow),
            TypeKind.Int64 => Convert<TFrom, long>(array, arrow),
            TypeKind.Float64 => Convert<TFrom, double>(array, arrow),
            _ => ThroughText(array, type),
        };

    private static IArrowArray Convert<TFrom, TTo>(PrimitiveArray<TFrom> array, IArrowType arrow)
        where TFrom : struct, IBinaryInteger<TFrom>
        where TTo : struct, INumber<TTo>
    {
        var from = array.Values;
        var to = new TTo[from.Length];
        for (var i = 0; i < from.Length; i++)
        {
            // What lies under a null is anything; it must not be refused.
            var value = TTo.CreateSaturating(from[i]);
            if (array.IsValid(i) && TFrom.CreateSaturating(value) != from[i])
                throw new GridException(GridErrorCode.SchemaMismatch, $"row {i} of its batch has {from[i]}, which a {arrow.Name} cannot hold; give the column a wider type.");
            to[i] = value;
        }

        return Rebuild(array, arrow, new ArrowBuffer(MemoryMarshal.AsBytes(to.AsSpan()).ToArray()));
    }

    private static IArrowArray Rescale(PrimitiveArray<long> array, TimeUnit unit, DataType type, IArrowType arrow)
    {
        var (multiply, divide) = unit switch
        {
            TimeUnit.Second => (1_000_000L, 1L),
            TimeUnit.Millisecond => (1_000L, 1L),
            TimeUnit.Nanosecond => (1L, 1_000L),
            _ => (1L, 1L),
        };
        var from = array.Values;
        var to = new long[from.Length];
        for (var i = 0; i < from.Length; i++)
        {
            if (!array.IsValid(i))
                continue;
            var (whole, rest) = Int128.DivRem((Int128)from[i] * multiply, divide);
            if (rest != 0 || whole < long.MinValue || whole > long.MaxValue)
                throw new GridException(GridErrorCode.SchemaMismatch,
                    $"row {i} of its batch has {from[i]} in {unit.ToString().ToLowerInvariant()}s, which {type} cannot hold: it is in whole microseconds.");
            to[i] = (long)whole;
        }

        return Rebuild(array, arrow, new ArrowBuffer(MemoryMarshal.AsBytes(to.AsSpan()).ToArray()));
    }

    private static Int64Array Widen(Time32Array array) => (Int64Array)Convert<int, long>(array, Int64Type.Default);

    // The bytes are shared, only the offsets shrink; the largest batch of a file is far below what 32 bits count, or refused.
    private static IArrowArray ToSmallOffsets(IArrowArray array, IArrowType arrow)
    {
        var data = array.Data;
        var from = data.Buffers[1].Span.CastTo<long>().Slice(data.Offset, data.Length + 1);
        if (from[^1] - from[0] > int.MaxValue)
            throw new GridException(GridErrorCode.TooLarge, $"one batch has {from[^1] - from[0]} bytes of it; write the file with smaller row groups.");
        var to = new int[from.Length];
        for (var i = 0; i < to.Length; i++)
            to[i] = (int)(from[i] - from[0]);
        var bytes = new ArrowBuffer(data.Buffers[2].Memory.Slice((int)from[0], to[^1]));
        return Rebuild((Apache.Arrow.Array)array, arrow, new ArrowBuffer(MemoryMarshal.AsBytes(to.AsSpan()).ToArray()), bytes);
    }

    private static IArrowArray Children(IArrowArray array, DataType type, IArrowType arrow)
    {
        if (array.Data.DataType.TypeId != arrow.TypeId)
            return ThroughText(array, type);
        var data = array.Data;
        var fields = ((NestedType)arrow).Fields;
        // A map's only child is the struct of its keys and values.
        var types = type.Kind == TypeKind.Map ? [DataType.Struct(type.Children.AsSpan())] : type.Children.Select(c => c.Type).ToArray();
        var children = new ArrayData[data.Children.Length];
        for (var i = 0; i < children.Length; i++)
            children[i] = To(ArrowArrayFactory.BuildArray(data.Children[i]), types[i], fields[i].DataType).Data;
        return ArrowArrayFactory.BuildArray(new ArrayData(arrow, data.Length, data.NullCount, data.Offset, data.Buffers, children));
    }

    private static IArrowArray ThroughText(IArrowArray array, DataType type)
    {
        var builder = ColumnBuilder.For(new Column("value", type));
        for (var row = 0; row < array.Length; row++)
        {
            if (ForeignText.Of(array, row) is { } text)
                builder.AppendText(text);
            else
                builder.AppendNull();
        }

        return builder.Build();
    }

    private static IArrowArray Rebuild(Apache.Arrow.Array array, IArrowType arrow, params ReadOnlySpan<ArrowBuffer> buffers)
    {
        // The bitmap keeps the old offset, the values begin at 0: copy the bits of a slice.
        var valid = ArrowBuffer.Empty;
        if (array.NullCount > 0)
        {
            var bits = new ArrowBuffer.BitmapBuilder(array.Length);
            for (var i = 0; i < array.Length; i++)
                bits.Append(array.IsValid(i));
            valid = bits.Build();
        }

        return ArrowArrayFactory.BuildArray(new ArrayData(arrow, array.Length, array.NullCount, 0, [valid, .. buffers]));
    }
}
