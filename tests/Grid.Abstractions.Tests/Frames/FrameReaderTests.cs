
namespace Grid.Abstractions.Tests.Frames;

public sealed class FrameReaderTests
{
    [Fact]
    public void Walks_every_frame_of_a_block()
    {
        byte[] block = [.. FrameOf(1, [1, 2, 3, 4, 5, 6, 7, 8]), .. FrameOf(2, []), .. FrameOf(3, new byte[16])];

        var reader = new FrameReader(block);
        var sequences = new List<int>();
        while (reader.Read())
            sequences.Add(reader.Current.Header.Sequence);

        Assert.Equal([1, 2, 3], sequences);
    }

    [Fact]
    public void Any_flipped_bit_and_any_cut_is_refused()
    {
        var frame = FrameOf(1, [1, 2, 3, 4, 5, 6, 7, 8]);
        for (var bit = 0; bit < frame.Length * 8; bit++)
        {
            var damaged = (byte[])frame.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(GridErrorCode.Corrupt, Refusal(damaged));
        }

        for (var length = 1; length < frame.Length; length++)
            Assert.Equal(GridErrorCode.Corrupt, Refusal(frame[..length]));
    }

    [Fact]
    public void A_message_over_the_limit_is_refused_as_too_large()
    {
        var frame = new byte[FrameHeader.Size];
        new FrameHeader { MessageLength = FrameHeader.MessageLengthMax + 8 }.Write(frame);

        Assert.Equal(GridErrorCode.TooLarge, Refusal(frame));
    }

    private static byte[] FrameOf(int sequence, byte[] message)
    {
        var frame = new byte[FrameHeader.Size + message.Length];
        message.CopyTo(frame, FrameHeader.Size);
        new FrameHeader { MessageLength = message.Length, RowCount = 1, Sequence = sequence, MessageHash = FrameHeader.HashOf(message) }.Write(frame);
        return frame;
    }

    private static GridErrorCode Refusal(byte[] block) => Assert.Throws<GridException>(() =>
    {
        var reader = new FrameReader(block);
        while (reader.Read())
        {
        }
    }).Code;
}
