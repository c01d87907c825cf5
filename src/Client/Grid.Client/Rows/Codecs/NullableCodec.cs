using System.Buffers;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Value types that may be absent.</summary>
internal sealed class NullableCodec<T>(string column, ColumnCodec<T> inner) : ColumnCodec<T?>
    where T : struct
{
    public override void Write(ColumnBuffer buffer, T?[] values, int count, bool[]? present)
    {
        var plain = ArrayPool<T>.Shared.Rent(count);
        bool[]? there = null;
        for (var i = 0; i < count; i++)
        {
            plain[i] = values[i].GetValueOrDefault();
            var counts = present is null || present[i];
            if (counts && values[i].HasValue)
                continue;
            if (counts && !buffer.Field.IsNullable)
                throw Presence.NullWritten(column);
            if (there is null)
            {
                there = new bool[count];
                System.Array.Fill(there, true);
            }

            there[i] = false;
        }

        inner.Write(buffer, plain, count, there);
        ArrayPool<T>.Shared.Return(plain, RuntimeHelpers.IsReferenceOrContainsReferences<T>());
    }

    public override void Read(ArrayData data, int start, T?[] values, int count, bool[]? present)
    {
        var there = Presence.Of(data, start, count, present);
        var plain = ArrayPool<T>.Shared.Rent(count);
        inner.Read(data, start, plain, count, there);
        for (var i = 0; i < count; i++)
            values[i] = there is null || there[i] ? plain[i] : null;
        ArrayPool<T>.Shared.Return(plain, RuntimeHelpers.IsReferenceOrContainsReferences<T>());
    }
}
