using System.Buffers;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Lists of values: T[], List&lt;T&gt; and the interfaces they implement.</summary>
internal sealed class ListCodec<TList, T>(string column, bool nullable, ColumnCodec<T> element, Func<T[], TList> make) : ColumnCodec<TList?>
    where TList : class, IEnumerable<T>
{
    public override void Write(ColumnBuffer buffer, TList?[] values, int count, bool[]? present)
    {
        var target = (ListBuffer)buffer;
        var elements = new List<T>();
        var there = new bool[count];
        var first = target.Child.Length;
        var ends = target.ExtendEnds(count);
        for (var i = 0; i < count; i++)
        {
            var counts = present is null || present[i];
            if (counts && values[i] is { } value)
            {
                there[i] = true;
                elements.AddRange(value);
            }
            else if (counts && !buffer.Field.IsNullable)
            {
                throw Presence.NullWritten(column);
            }

            ends[i] = checked(first + elements.Count);
        }

        element.Write(target.Child, [.. elements], elements.Count, present: null);
        buffer.AppendPresence(there, count);
    }

    public override void Read(ArrayData data, int start, TList?[] values, int count, bool[]? present)
    {
        if (!nullable)
            Presence.Require(data, start, count, present, column);
        var there = Presence.Of(data, start, count, present);
        var offsets = VariableBuffer.Offsets(data).Slice(start, count + 1).ToArray();
        var total = offsets[count] - offsets[0];
        var elements = ArrayPool<T>.Shared.Rent(total);
        element.Read(data.Children[0], offsets[0], elements, total, present: null);
        for (var i = 0; i < count; i++)
            values[i] = there is null || there[i] ? make(elements[(offsets[i] - offsets[0])..(offsets[i + 1] - offsets[0])]) : null;
        ArrayPool<T>.Shared.Return(elements, RuntimeHelpers.IsReferenceOrContainsReferences<T>());
    }
}
