using System.IO.Hashing;
using Apache.Arrow;
using Grid.Testing;
using Grid.Testing.Fuzzing;

namespace Grid.Abstractions.Tests.Frames;

/// <summary>Damaged frames, as a disk or a peer may hand them over: each is refused with a <see cref="GridException"/> or read within its bounds.</summary>
public sealed class FrameFuzzTests
{
    private const int SamplesMax = 120;

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Damaged_frames_are_refused_or_read_within_their_bounds()
    {
        var samples = new List<Sample>();
        var (inputs, refused) = Fuzzer.Run(
            200_000,
            Enum.GetValues<GridErrorCode>(),
            (input, random) =>
            {
                if (samples.Count < SamplesMax)
                    samples.Add(new Sample(random));
                var sample = samples[random.Next(samples.Count)];
                Read(sample, Damage(sample, random), input % 8, random);
            },
            FrameDecoder.DecompressedBytesMax + (1024 * 1024));

        // Both happen: a mutation that everything refuses would test only the first check.
        Assert.InRange(refused, inputs / 10, inputs - (inputs / 20));
    }

    private static void Read(Sample sample, byte[] damaged, int target, Random random)
    {
        var message = damaged.AsMemory(FrameHeader.Size);
        switch (target)
        {
            case 0:
                // The header's own hash is made to fit, so that its fields' ranges are what is tested.
                sample.Bytes.AsSpan(random.Next(sample.Bytes.Length - 8), 8).CopyTo(damaged.AsSpan(random.Next(4, FrameHeader.Size - 12)));
                BitConverter.TryWriteBytes(damaged.AsSpan(FrameHeader.Size - sizeof(uint)), (uint)XxHash3.HashToUInt64(damaged.AsSpan(0, FrameHeader.Size - sizeof(uint))));
                for (var reader = new FrameReader(damaged); reader.Read();)
                {
                }

                break;
            case 1:
                FrameDecoder.Check(message.Span, sample.Header.RowCount, sample.Arrow);
                break;
            case 2:
                using (sample.Projector.Project(new Frame(sample.Header with { MessageLength = message.Length }, message)))
                    break;
            case 3:
                if (FrameStatistics.TryRead(message.Span[Math.Min(ArrowMessage.PrefixBytes, message.Length)..], out var statistics))
                    foreach (var column in sample.Schema.Columns)
                        statistics.TryGet(column.Id, out _);
                break;
            default:
                var batch = FrameDecoder.Decode(message, sample.Header.RowCount, sample.Arrow);
                foreach (var array in batch.Arrays)
                    Touch(array.Data);
                break;
        }
    }

    /// <summary>Reads everything that the array says it has.</summary>
    private static void Touch(ArrayData data)
    {
        if (data.NullCount > 0)
            Bits.CountOnes(data.Buffers[0].Span, 0, data.Length);
        switch (ArrayLayouts.Of(data.DataType))
        {
            case ArrayLayout.FixedWidth:
                _ = data.Buffers[1].Span[..(data.Length * ArrayLayouts.WidthOf(data.DataType))];
                break;
            case ArrayLayout.Bits:
                Bits.CountOnes(data.Buffers[1].Span, 0, data.Length);
                break;
            case ArrayLayout.VariableBytes:
                var binary = (BinaryArray)ArrowArrayFactory.BuildArray(data);
                for (var i = 0; i < data.Length; i++)
                    _ = binary.GetBytes(i);
                break;
            case ArrayLayout.List:
                var list = (ListArray)ArrowArrayFactory.BuildArray(data);
                for (var i = 0; i < data.Length; i++)
                    Assert.InRange(list.ValueOffsets[i + 1], list.ValueOffsets[i], data.Children[0].Length);
                Touch(data.Children[0]);
                break;
            case ArrayLayout.Struct:
                foreach (var child in data.Children)
                {
                    Assert.Equal(data.Length, child.Length);
                    Touch(child);
                }

                break;
        }
    }

    private static byte[] Damage(Sample sample, Random random)
    {
        var bytes = (byte[])sample.Bytes.Clone();

        // Most of the meaning is in the metadata: it is hit more often than the body.
        var end = random.Next(3) == 0 ? bytes.Length : Math.Min(bytes.Length, FrameHeader.Size + ArrowMessage.PrefixBytes + sample.MetadataLength);
        for (var hits = random.Next(1, 4); hits > 0; hits--)
        {
            var at = random.Next(FrameHeader.Size, end);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    Put(bytes, at & ~3, BitConverter.GetBytes(Odd(random)));
                    break;
                case 3:
                    Put(bytes, at & ~7, BitConverter.GetBytes((long)Odd(random)));
                    break;
                case 4:
                    bytes.AsSpan(random.Next(FrameHeader.Size, bytes.Length - 8), 8).ToArray().CopyTo(bytes, Math.Min(at & ~7, bytes.Length - 8));
                    break;
                default:
                    Put(bytes, at & ~7, BitConverter.GetBytes(BitConverter.ToInt64(bytes, Math.Min(at & ~7, bytes.Length - 8)) + random.Next(-9, 10)));
                    break;
            }
        }

        if (random.Next(20) == 0)
            bytes = bytes[..random.Next(FrameHeader.Size, bytes.Length)];
        return bytes;
    }

    private static int Odd(Random random) => random.Next(6) switch
    {
        0 => int.MaxValue,
        1 => int.MinValue,
        2 => -1,
        3 => 0,
        4 => random.Next(1, 200),
        _ => random.Next(),
    };

    private static void Put(byte[] bytes, int at, byte[] value) => value.AsSpan(0, Math.Min(value.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));

    /// <summary>A sound frame and what reads it.</summary>
    private sealed class Sample
    {
        public Sample(Random random)
        {
            Schema = Generators.NextSchema(random, columnsMax: 5, primaryKey: false, depth: 2);
            Arrow = ArrowSchemas.ToArrow(Schema);
            Projector = new FrameProjector(Schema, [.. Schema.Columns.Select(c => c.Id).Where(_ => random.Next(2) == 0).Reverse()]);
            var compression = (FrameCompression)random.Next(3);
            using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression });
            using var block = encoder.Encode(Generators.NextBatch(Schema, random.Next(1, 120), random), Schema, null, FrameFlags.None, default, 0);
            var frame = TestFrames.Single(block);
            Header = frame.Header;
            MetadataLength = TestFrames.Metadata(frame).Length;
            Bytes = block.Span.ToArray();
        }

        public TableSchema Schema { get; }

        public Schema Arrow { get; }

        public FrameProjector Projector { get; }

        public FrameHeader Header { get; }

        public int MetadataLength { get; }

        public byte[] Bytes { get; }
    }
}
