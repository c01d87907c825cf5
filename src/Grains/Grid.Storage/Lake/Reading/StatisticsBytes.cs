using System.Buffers;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Reading;

/// <summary>Writes statistics in the form that a frame's have before base64 (docs/formats.md, "Statistics").</summary>
internal static class StatisticsBytes
{
    public static void Begin(ArrayBufferWriter<byte> bytes) => bytes.Write([FrameStatistics.FormatVersion]);

    /// <summary>A column; bounds that are not both known, or not in order, are left out.</summary>
    public static void Put(ArrayBufferWriter<byte> bytes, ColumnId id, int nulls, byte[]? min, byte[]? max)
    {
        PutVarint(bytes, id.Value);
        PutVarint(bytes, nulls);
        var known = min is not null && max is not null && min.AsSpan().SequenceCompareTo(max) <= 0;
        bytes.Write([known ? FrameStatistics.HasMinMaxFlag : (byte)0]);
        if (!known)
            return;
        PutVarint(bytes, min!.Length);
        bytes.Write(min);
        PutVarint(bytes, max!.Length);
        bytes.Write(max);
    }

    private static void PutVarint(ArrayBufferWriter<byte> bytes, int value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Write([(byte)(value | 0x80)]);
        bytes.Write([(byte)value]);
    }
}
