using System.Buffers;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>
/// Turns arrays of .NET values into columns and back, a column at a time. <c>present</c> says which rows count (null: all): rows that do not are
/// written as nulls, or as zeros where the column has no nulls, and are not read.
/// </summary>
internal abstract class ColumnCodec
{
    public abstract Type ValueType { get; }

    public abstract System.Array Rent(int count);

    public abstract void Return(System.Array values);

    public abstract void Write(ColumnBuffer buffer, System.Array values, int count, bool[]? present);

    public abstract void Read(ArrayData data, int start, System.Array values, int count, bool[]? present);
}

/// <summary>The codec of one .NET type.</summary>
internal abstract class ColumnCodec<T> : ColumnCodec
{
    public sealed override Type ValueType => typeof(T);

    public abstract void Write(ColumnBuffer buffer, T[] values, int count, bool[]? present);

    public abstract void Read(ArrayData data, int start, T[] values, int count, bool[]? present);

    public sealed override System.Array Rent(int count) => ArrayPool<T>.Shared.Rent(count);

    public sealed override void Return(System.Array values) =>
        ArrayPool<T>.Shared.Return((T[])values, RuntimeHelpers.IsReferenceOrContainsReferences<T>());

    public sealed override void Write(ColumnBuffer buffer, System.Array values, int count, bool[]? present) => Write(buffer, (T[])values, count, present);

    public sealed override void Read(ArrayData data, int start, System.Array values, int count, bool[]? present) => Read(data, start, (T[])values, count, present);
}

/// <summary>Which rows have values.</summary>
internal static class Presence
{
    /// <summary>The rows of an array that count and are not null; null where that is all.</summary>
    public static bool[]? Of(ArrayData data, int start, int count, bool[]? outer)
    {
        if (!ValidityBuffer.MayHaveNulls(data))
            return outer;
        var bits = data.Buffers[0].Span;
        var present = new bool[count];
        for (var i = 0; i < count; i++)
            present[i] = (outer is null || outer[i]) && Bits.Get(bits, data.Offset + start + i);
        return present;
    }

    /// <summary>Refuses nulls where the property has room for none.</summary>
    public static void Require(ArrayData data, int start, int count, bool[]? outer, string column)
    {
        if (!ValidityBuffer.MayHaveNulls(data))
            return;
        var bits = data.Buffers[0].Span;
        for (var i = 0; i < count; i++)
            if ((outer is null || outer[i]) && !Bits.Get(bits, data.Offset + start + i))
                throw new GridException(GridErrorCode.NullNotAllowed, $"Column '{column}' has a null and the row type's property takes none; make the property nullable.");
    }

    public static GridException NullWritten(string column) =>
        new(GridErrorCode.NullNotAllowed, $"Column '{column}' allows no nulls and a row has one; give it a value.");
}
