using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>Values whose bytes in memory are their bytes in the array: integers, floats, enums over integers.</summary>
internal sealed class PrimitiveCodec<T>(string column) : ColumnCodec<T>
    where T : unmanaged
{
    public override void Write(ColumnBuffer buffer, T[] values, int count, bool[]? present)
    {
        MemoryMarshal.AsBytes(values.AsSpan(0, count)).CopyTo(((FixedBuffer)buffer).Extend(count));
        buffer.AppendPresence(present, count);
    }

    public override void Read(ArrayData data, int start, T[] values, int count, bool[]? present)
    {
        Presence.Require(data, start, count, present, column);
        MemoryMarshal.Cast<byte, T>(data.Buffers[1].Span).Slice(data.Offset + start, count).CopyTo(values);
    }
}
