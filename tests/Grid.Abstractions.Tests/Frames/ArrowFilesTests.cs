using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using CsCheck;
using Grid.Testing;
using Grid.Testing.Rows;

namespace Grid.Abstractions.Tests.Frames;

public sealed class ArrowFilesTests
{
    [Theory]
    [InlineData(FrameCompression.None)]
    [InlineData(FrameCompression.Lz4)]
    [InlineData(FrameCompression.Zstd)]
    public void Another_reader_opens_head_frames_and_tail_as_an_Arrow_file(FrameCompression compression) =>
        Generators.Random.Sample(random =>
        {
            var schema = Generators.NextSchema(random, columnsMax: 8, primaryKey: false, depth: 3);
            RecordBatch[] batches = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Generators.NextBatch(schema, random.Next(200), random))];

            using var file = FileOf(schema, batches, compression);
            using var reader = new ArrowFileReader(file, new CompressionCodecFactory());

            Assert.Equal(batches.Length, reader.RecordBatchCountAsync().AsTask().Result);
            foreach (var batch in batches)
            {
                var read = reader.ReadNextRecordBatch();
                Assert.Equal(batch.Length, read.Length);
                Assert.Equal(TestFrames.Text(schema, batch), TestFrames.Text(schema, read));
            }

            var expected = ArrowSchemas.ToArrow(schema).FieldsList;
            for (var i = 0; i < expected.Count; i++)
            {
                var field = reader.Schema.GetFieldByIndex(i);
                Assert.Equal(expected[i].Name, field.Name);
                Assert.Equal(expected[i].IsNullable, field.IsNullable);
                Assert.Equal(expected[i].Metadata, field.Metadata);
                Assert.True(ArrayLayouts.Same(expected[i].DataType, Storage(field)));
            }
        }, iter: 60);

    [Fact]
    public void The_length_of_a_head_reads_back_and_anything_else_does_not() =>
        Generators.Schema().Sample(schema =>
        {
            var head = ArrowFiles.FileHead(ArrowSchemas.ToArrow(schema));

            Assert.Equal(head, ArrowFiles.FileHead(ArrowSchemas.ToArrow(schema)));
            Assert.Equal(0, head.Length % 8);
            Assert.True(ArrowFiles.TryReadHead([.. head, 1, 2, 3], out var length));
            Assert.Equal(head.Length, length);
            Assert.True(ArrowFiles.TryReadHeadLength(head.AsSpan(0, ArrowFiles.HeadPrefixBytes), out length));
            Assert.Equal(head.Length, length);
            Assert.False(ArrowFiles.TryReadHead(head.AsSpan(0, head.Length - 1), out _));
            Assert.False(ArrowFiles.TryReadHead(head.AsSpan(8), out _));
            Assert.False(ArrowFiles.TryReadHead([], out _));
        }, iter: 50);

    private static MemoryStream FileOf(TableSchema schema, RecordBatch[] batches, FrameCompression compression)
    {
        var arrow = ArrowSchemas.ToArrow(schema);
        var file = new MemoryStream();
        file.Write(ArrowFiles.FileHead(arrow));
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression });
        var blocks = new List<ArrowBlock>();
        foreach (var batch in batches)
        {
            using var block = encoder.Encode(batch, schema, null, FrameFlags.None, default, 0);
            var message = TestFrames.Single(block).Message.Span;
            var metadataLength = ArrowMessage.PrefixBytes + ArrowMessage.MetadataLength(message, message.Length);
            blocks.Add(new ArrowBlock(file.Position + FrameHeader.Size, metadataLength, message.Length - metadataLength));
            file.Write(block.Span);
        }

        file.Write(ArrowFiles.FileTail(arrow, blocks));
        file.Position = 0;
        return file;
    }

    private static Apache.Arrow.Types.IArrowType Storage(Field field) =>
        field.DataType is ExtensionType extension ? extension.StorageType : field.DataType;
}
