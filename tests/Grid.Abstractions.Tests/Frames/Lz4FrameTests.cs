using System.IO.Hashing;
using System.Text;
using CsCheck;
using K4os.Compression.LZ4.Streams;

namespace Grid.Abstractions.Tests.Frames;

public sealed class Lz4FrameTests
{
    [Fact]
    public void What_is_compressed_decompresses_and_another_reader_reads_it() =>
        Gen.Byte[0, 3].Array[64, 5000].Sample(bytes =>
        {
            var frame = new byte[(2 * bytes.Length) + 64];
            frame = frame[..Lz4Frame.Compress(bytes, frame)];

            var read = new byte[bytes.Length];
            Assert.True(Lz4Frame.TryDecompress(frame, read));
            Assert.Equal(bytes, read);
            using var other = LZ4Stream.Decode(new MemoryStream(frame));
            other.ReadExactly(read);
            Assert.Equal(bytes, read);
        }, iter: 200);

    [Fact]
    public void Several_blocks_are_read_back()
    {
        var bytes = new byte[9 * 1024 * 1024];
        new Random(1).NextBytes(bytes.AsSpan(0, 4 * 1024 * 1024 / 3));
        var frame = new byte[bytes.Length];
        frame = frame[..Lz4Frame.Compress(bytes, frame)];

        var read = new byte[bytes.Length];
        Assert.True(Lz4Frame.TryDecompress(frame, read));
        Assert.True(bytes.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public void What_does_not_fit_is_not_written()
    {
        var noise = new byte[1000];
        new Random(1).NextBytes(noise);

        for (var room = 0; room < 1000; room += 37)
            Assert.Equal(0, Lz4Frame.Compress(noise, new byte[room]));
    }

    [Fact]
    public void Linked_blocks_a_content_size_and_checksums_of_other_writers_are_read()
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i % 977} ")));
        using var written = new MemoryStream();
        using (var stream = LZ4Stream.Encode(written, new LZ4EncoderSettings { ChainBlocks = true, BlockSize = 64 * 1024, ContentChecksum = true }, leaveOpen: true))
            stream.Write(text);

        var frame = written.ToArray();
        AssertReads(frame, text);

        // The same frame with its content's size in the descriptor: flag 8, eight bytes, the descriptor's checksum anew.
        byte[] descriptor = [(byte)(frame[4] | 0x08), frame[5], .. BitConverter.GetBytes((long)text.Length)];
        AssertReads([.. frame[..4], .. descriptor, (byte)(XxHash32.HashToUInt32(descriptor) >> 8), .. frame[7..]], text);
    }

    private static void AssertReads(byte[] frame, byte[] text)
    {
        var read = new byte[text.Length];
        Assert.True(Lz4Frame.TryDecompress(frame, read));
        Assert.Equal(text, read);
        Assert.False(Lz4Frame.TryDecompress(frame, new byte[text.Length - 1]));
        Assert.False(Lz4Frame.TryDecompress(frame, new byte[text.Length + 1]));
        Assert.False(Lz4Frame.TryDecompress(frame.AsSpan(0, frame.Length / 2), read));
    }
}
