using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Booleans.</summary>
internal sealed class BooleanCodec(string column) : ColumnCodec<bool>
{
    public override void Write(ColumnBuffer buffer, bool[] values, int count, bool[]? present)
    {
        MemoryMarshal.AsBytes(values.AsSpan(0, count)).CopyTo(((BooleanBuffer)buffer).Extend(count));
        buffer.AppendPresence(present, count);
    }

    public override void Read(ArrayData data, int start, bool[] values, int count, bool[]? present)
    {
        Presence.Require(data, start, count, present, column);
        var bits = data.Buffers[1].Span;
        for (var i = 0; i < count; i++)
            values[i] = Bits.Get(bits, data.Offset + start + i);
    }
}
