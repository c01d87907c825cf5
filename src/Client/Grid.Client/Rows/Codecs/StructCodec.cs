using Apache.Arrow;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Nested rows: a record within a record. Null references are null structs.</summary>
internal sealed class StructCodec<T>(string column, bool nullable, RowCodec<T> rows) : ColumnCodec<T>
{
    public override void Write(ColumnBuffer buffer, T[] values, int count, bool[]? present)
    {
        var there = present;
        if (!typeof(T).IsValueType)
        {
            there = new bool[count];
            for (var i = 0; i < count; i++)
            {
                there[i] = (present is null || present[i]) && values[i] is not null;
                if (values[i] is null && (present is null || present[i]) && !buffer.Field.IsNullable)
                    throw Presence.NullWritten(column);
            }
        }

        rows.Write(((StructBuffer)buffer).Children, values, 0, count, there);
        buffer.AppendPresence(there, count);
    }

    public override void Read(ArrayData data, int start, T[] values, int count, bool[]? present)
    {
        if (!nullable)
            Presence.Require(data, start, count, present, column);
        rows.Read(data.Children, data.Offset + start, values, 0, count, Presence.Of(data, start, count, present));
    }
}
