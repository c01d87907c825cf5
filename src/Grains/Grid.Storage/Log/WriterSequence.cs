using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Log;

/// <summary>Arithmetic on writers' sequence numbers: 31 bits, after int.MaxValue comes 0.</summary>
internal static class WriterSequence
{
    public static int Add(int sequence, int count) => (sequence + count) & int.MaxValue;

    /// <summary>How far <paramref name="sequence"/> is ahead of <paramref name="expected"/>: the shorter way round, negative where it lies behind.</summary>
    public static int Ahead(int sequence, int expected)
    {
        var distance = (sequence - expected) & int.MaxValue;
        return distance > int.MaxValue / 2 ? distance - int.MaxValue - 1 : distance;
    }

    public static Refusal Gap(WriterId writer, int sequence, int expected) =>
        new(GridErrorCode.SequenceOutOfOrder, $"Writer {writer} sent sequence {sequence}, the bucket expects {expected}; send what is missing first.", expected);
}
