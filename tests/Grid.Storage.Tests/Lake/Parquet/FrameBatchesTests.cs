using Apache.Arrow;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class FrameBatchesTests
{
    [Theory]
    [InlineData(FrameCompression.None)]
    [InlineData(FrameCompression.Zstd)]
    public void Frames_become_their_rows_and_where_they_came_from(FrameCompression compression) =>
        Generators.SchemaAndBatch(rowsMax: 100).Sample(made =>
        {
            var (schema, batch) = made;
            byte[] block =
            [
                .. Frame(batch, schema, compression, new LogOffset(100), 5),
                .. Frame(batch.Slice(0, 0), schema, compression, new LogOffset(100 + Math.Max(1, batch.Length)), 6),
                .. Frame(batch, schema, compression, new LogOffset(1000), 7),
            ];
            var frames = new FrameBatches(3, schema, _ => throw new InvalidOperationException("not asked for"));
            var columns = LakeColumns.Extend(schema).Columns;

            var rows = new List<object?[]>();
            foreach (var read in frames.Read(block))
            {
                using (read)
                    rows.AddRange(ArrowRows.Read(columns, read));
            }

            var written = ArrowRows.Read(schema.Columns, batch);
            var expected = written.Select((row, i) => (object?[])[.. row, 3, 100L + i, DateTimeOffset.FromUnixTimeMilliseconds(5)])
                .Concat(written.Select((row, i) => (object?[])[.. row, 3, 1000L + i, DateTimeOffset.FromUnixTimeMilliseconds(7)]));
            Assert.Equal(ArrowRows.Text(expected), ArrowRows.Text(rows));
        }, iter: 100);

    [Fact]
    public void Frames_of_an_older_schema_become_rows_of_the_newer()
    {
        var first = TestFiles.Schema(new Column("i", DataType.Int32), new Column("s", DataType.String));
        var second = SchemaEvolution.Apply(first, [new WidenColumn("i", DataType.Int64), new DropColumn("s"), new AddColumn(new Column("n", DataType.Int8, nullable: false) { Default = "4" })]);
        var block = Frame(ArrowRows.Build(first, [[7, "x"]]), first, FrameCompression.None, new LogOffset(0), 1);
        var frames = new FrameBatches(0, second, version => version == first.Version ? first : throw new InvalidOperationException("not asked for"));

        using var batch = Assert.Single(frames.Read(block));

        Assert.Equal(ArrowRows.Text([[7L, (sbyte)4, 0, 0L, DateTimeOffset.FromUnixTimeMilliseconds(1)]]), ArrowRows.Text(ArrowRows.Read(LakeColumns.Extend(second).Columns, batch)));
        Assert.Equal(["i", "n", "__bucket", "__offset", "__timestamp"], batch.Schema.FieldsList.Select(field => field.Name));
    }

    [Fact]
    public void A_frame_of_a_newer_schema_is_refused_before_its_new_columns_are_lost()
    {
        var first = TestFiles.Schema(new Column("i", DataType.Int32));
        var second = SchemaEvolution.Apply(first, [new AddColumn(new Column("n", DataType.Int32))]);
        var block = Frame(ArrowRows.Build(second, [[7, 8]]), second, FrameCompression.None, new LogOffset(0), 1);

        var refused = Assert.Throws<GridException>(() => new FrameBatches(0, first, _ => second).Read(block).ToArray());

        Assert.Equal((GridErrorCode.SchemaStale, 2L), (refused.Code, refused.Detail));
    }

    [Fact]
    public void Change_kinds_come_last_where_they_are_asked_for()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));
        var arrow = ArrowSchemas.ToArrow(schema, null, change: true, version: false);
        var changed = new RecordBatch(arrow, [ArrowRows.Build(schema, [[1], [1], [2]]).Column(0), new Int8Array.Builder().AppendRange([1, 2, 3]).Build()], 3);
        byte[] block =
        [
            .. Frame(changed, schema, FrameCompression.None, new LogOffset(0), 1, FrameFlags.ChangeKinds),
            .. Frame(ArrowRows.Build(schema, [[5]]), schema, FrameCompression.None, new LogOffset(3), 1),
        ];

        var batches = new FrameBatches(0, schema, _ => schema, change: true).Read(block).ToArray();
        var plain = new FrameBatches(0, schema, _ => schema).Read(block).ToArray();

        Assert.Equal([1, 2, 3], ((Int8Array)batches[0].Column(4)).Values.ToArray());
        Assert.Equal([0], ((Int8Array)batches[1].Column(4)).Values.ToArray());
        Assert.Equal(SystemColumns.ChangeName, batches[0].Schema.FieldsList[4].Name);
        Assert.All(plain, batch => Assert.Equal(4, batch.ColumnCount));
    }

    [Fact]
    public async Task Frames_go_to_a_lake_file_and_back()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32), new Column("s", DataType.String));
        object?[][] rows = [.. Enumerable.Range(0, 50).Select(i => new object?[] { i, $"text {i}" })];
        var block = Frame(ArrowRows.Build(schema, rows), schema, FrameCompression.Lz4, new LogOffset(10), 1_700_000_000_000);
        var extended = LakeColumns.Extend(schema);
        using var output = new MemoryStream();
        using var writer = new LakeFileWriter(output, extended, new LakeWriterOptions());
        foreach (var batch in new FrameBatches(2, schema, _ => schema).Read(block))
        {
            using (batch)
                writer.Write(batch);
        }

        var file = writer.Close("memory:///file.parquet", [2]);

        Assert.Equal((10L, 59L), (BitConverter.ToInt64(file.LowerBounds[LakeColumns.Offset.Id.Value].AsSpan()), BitConverter.ToInt64(file.UpperBounds[LakeColumns.Offset.Id.Value].AsSpan())));
        var expected = rows.Select((row, i) => (object?[])[.. row, 2, 10L + i, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000)]);
        Assert.Equal(ArrowRows.Text(expected), ArrowRows.Text(await TestFiles.ReadAsync(output.ToArray(), extended)));
    }

    private static byte[] Frame(RecordBatch batch, TableSchema schema, FrameCompression compression, LogOffset offset, long timestampMs, FrameFlags flags = FrameFlags.None)
    {
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression });
        using var block = encoder.Encode(batch, schema, null, flags, default, 0);
        var bytes = block.Memory.ToArray();
        Assert.Equal(FrameHeaderError.None, FrameHeader.TryRead(bytes, out var header));
        (header with { BaseOffset = offset, TimestampMs = timestampMs, Epoch = new LeaderEpoch(1) }).Write(bytes);
        return bytes;
    }
}
