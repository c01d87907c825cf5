using CsCheck;

namespace Grid.Abstractions.Tests.Frames;

public sealed class FrameHeaderTests
{
    private static readonly FrameHeader Example = new()
    {
        MessageLength = 0x0102_0300,
        BaseOffset = new LogOffset(0x0102_0304_0506_0708),
        RowCount = 0x000A_0B0C,
        Epoch = new LeaderEpoch(0x1112_1314),
        SchemaVersion = new SchemaVersion(0x2122),
        Flags = FrameFlags.ChangeKinds,
        TimestampMs = 0x0000_0123_4567_89AB,
        Writer = new WriterId(0x3132_3334_3536_3738),
        MessageHash = 0xF1F2_F3F4_F5F6_F7F8,
        Sequence = 0x4142_4344,
    };

    [Fact]
    public void Bytes_on_disk_are_these()
    {
        var bytes = new byte[FrameHeader.Size];
        Example.Write(bytes);

        Assert.Equal(
            "47524631" + "00030201" + "0807060504030201" + "0C0B0A00" + "0C0B0A00" + "14131211" + "2221" + "0100"
            + "AB89674523010000" + "3837363534333231" + "F8F7F6F5F4F3F2F1" + "44434241" + "30B7B7B0",
            Convert.ToHexString(bytes));
    }

    [Fact]
    public void A_header_reads_back() =>
        Gen.Select(Gen.Int[0, FrameHeader.MessageLengthMax / 8], Gen.Int[0, FrameHeader.RowCountMax], Gen.Int[0, int.MaxValue], Gen.Long[0, long.MaxValue / 2])
            .Sample((length, rows, sequence, offset) =>
            {
                var header = Example with { MessageLength = length * 8, RowCount = rows, Sequence = sequence, BaseOffset = new LogOffset(offset) };
                var bytes = new byte[FrameHeader.Size];
                header.Write(bytes);
                return FrameHeader.TryRead(bytes, out var read) == FrameHeaderError.None && read == header && read.EndOffset.Value == offset + Math.Max(rows, 1);
            });

    [Fact]
    public void A_field_outside_its_range_is_refused_although_the_hash_fits()
    {
        FrameHeader[] illegal =
        [
            Example with { MessageLength = -8 }, Example with { MessageLength = 12 }, Example with { RowCount = FrameHeader.RowCountMax + 1 },
            Example with { RowCount = -1 }, Example with { BaseOffset = new LogOffset(-1) }, Example with { Epoch = new LeaderEpoch(-1) },
            Example with { Writer = new WriterId(-1) }, Example with { Sequence = -1 }, Example with { TimestampMs = -1 }, Example with { Flags = (FrameFlags)2 },
        ];
        var bytes = new byte[FrameHeader.Size];
        foreach (var header in illegal)
        {
            header.Write(bytes);
            Assert.Equal(FrameHeaderError.Range, FrameHeader.TryRead(bytes, out _));
        }
    }
}
