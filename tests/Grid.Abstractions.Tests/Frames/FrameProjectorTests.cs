using Apache.Arrow;
using CsCheck;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Frames;

public sealed class FrameProjectorTests
{
    [Theory]
    [InlineData(FrameCompression.None)]
    [InlineData(FrameCompression.Lz4)]
    [InlineData(FrameCompression.Zstd)]
    public void Decoding_a_projected_frame_is_projecting_the_decoded_one(FrameCompression compression) =>
        Generators.Random.Sample(random =>
        {
            var schema = Generators.NextSchema(random, columnsMax: 8, primaryKey: false, depth: 2);
            var batch = WithChanges(schema, Generators.NextBatch(schema, random.Next(200), random), random.Next(2) == 0, out var flags);
            using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression, Statistics = random.Next(2) == 0 });
            using var block = encoder.Encode(batch, schema, null, flags, new WriterId(5), 6);
            var frame = TestFrames.Single(block);

            // Any set in any order, also columns that this version does not have.
            ColumnId[] wanted = [.. schema.Columns.Select(c => c.Id).Append(new ColumnId(999)).Where(_ => random.Next(2) == 0).OrderBy(_ => random.Next())];
            var projector = new FrameProjector(schema, wanted);
            using var projected = projector.Project(frame);

            var small = TestFrames.Single(projected);
            var arrow = ArrowSchemas.ToArrow(schema, projector.Columns, flags == FrameFlags.ChangeKinds, version: false);
            var decoded = FrameDecoder.Decode(small.Message, small.Header.RowCount, arrow);
            Column[] columns = [.. wanted.Where(id => schema.IndexOf(id) >= 0).Select(schema.GetColumn)];
            var expected = ArrowRows.Read(schema.Columns, batch).Select(row => columns.Select(c => row[schema.IndexOf(c.Id)]).ToArray());
            Assert.Equal(columns.Select(c => c.Id), projector.Columns);
            Assert.Equal(ArrowRows.Text(expected), ArrowRows.Text(ArrowRows.Read(columns, decoded)));
            Assert.Equal(frame.Header with { MessageLength = 0, MessageHash = 0 }, small.Header with { MessageLength = 0, MessageHash = 0 });
            if (flags == FrameFlags.ChangeKinds)
                Assert.Equal(((Int8Array)batch.Column(batch.ColumnCount - 1)).Values.ToArray(), ((Int8Array)decoded.Column(columns.Length)).Values.ToArray());
        }, iter: 200);

    [Fact]
    public void Only_the_bytes_of_the_wanted_columns_are_read_and_neighbours_at_once()
    {
        var schema = TestFrames.Schema([.. Enumerable.Range(0, 20).Select(i => new Column($"c{i}", DataType.Int64, nullable: false))]);
        var batch = ArrowRows.Build(schema, [.. Enumerable.Range(0, 100).Select(row => Enumerable.Range(0, 20).Select(i => (object?)(long)(row * i)).ToArray())]);
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        using var block = encoder.Encode(batch, schema, null, FrameFlags.None, default, 0);
        var frame = TestFrames.Single(block);

        Assert.Equal([800], Lengths(3));
        Assert.Equal([1600], Lengths(7, 8));
        Assert.Equal([800, 800], Lengths(8, 7));
        Assert.Equal([16000], Lengths([.. Enumerable.Range(1, 20)]));
        Assert.Empty(Lengths());

        int[] Lengths(params int[] ids)
        {
            var plan = new FrameProjector(schema, [.. ids.Select(id => new ColumnId(id))]).Plan(frame.Header, TestFrames.Metadata(frame));
            return [.. plan.Ranges.ToArray().Select(range => range.Length)];
        }
    }

    [Fact]
    public void A_column_asked_for_twice_is_refused()
    {
        var schema = TestFrames.Schema(new Column("n", DataType.Int32));

        var refusal = Assert.Throws<GridException>(() => new FrameProjector(schema, [new ColumnId(1), new ColumnId(1)]));

        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
    }

    private static RecordBatch WithChanges(TableSchema schema, RecordBatch batch, bool change, out FrameFlags flags)
    {
        flags = change ? FrameFlags.ChangeKinds : FrameFlags.None;
        if (!change)
            return batch;
        var kinds = new Int8Array.Builder().AppendRange(Enumerable.Range(0, batch.Length).Select(i => (sbyte)(i % 4))).Build();
        return new RecordBatch(ArrowSchemas.ToArrow(schema, null, change: true, version: false), [.. batch.Arrays, kinds], batch.Length);
    }
}
