using Apache.Arrow;
using CsCheck;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Frames;

public sealed class FrameCodecTests
{
    public static TheoryData<FrameCompression> Compressions => [FrameCompression.None, FrameCompression.Lz4, FrameCompression.Zstd];

    [Theory]
    [MemberData(nameof(Compressions))]
    public void What_is_encoded_decodes_to_the_same_rows(FrameCompression compression)
    {
        Generators.SchemaAndBatch(rowsMax: 300).Sample(made =>
        {
            using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression });
            using var block = encoder.Encode(made.Batch, made.Schema, null, FrameFlags.None, new WriterId(7), 3);

            var frame = TestFrames.Single(block);
            var arrow = ArrowSchemas.ToArrow(made.Schema);
            FrameDecoder.Check(frame.Message.Span, frame.Header.RowCount, arrow);
            var decoded = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, arrow);

            Assert.Equal(new WriterId(7), frame.Header.Writer);
            Assert.Equal(3, frame.Header.Sequence);
            Assert.Equal(made.Schema.Version, frame.Header.SchemaVersion);
            Assert.Equal(made.Batch.Length, frame.Header.RowCount);
            Assert.Equal(TestFrames.Text(made.Schema, made.Batch), TestFrames.Text(made.Schema, decoded));
        }, iter: 300);
    }

    [Fact]
    public void Some_columns_and_the_system_columns_travel_too() =>
        Generators.SchemaAndBatch().Sample(made =>
        {
            var rows = made.Batch.Length;
            var ids = made.Schema.Columns.Select(c => c.Id).Reverse().Skip(1).ToArray();
            var arrow = ArrowSchemas.ToArrow(made.Schema, ids, change: true, version: true);
            IArrowArray[] system =
            [
                new Int8Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(i => (sbyte)(i % 4))).Build(),
                new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(i => (long)i)).Build(),
            ];
            var batch = new RecordBatch(arrow, [.. ids.Select(id => made.Batch.Column(made.Schema.IndexOf(id))), .. system], rows);
            using var encoder = new FrameEncoder(new FrameEncoderOptions());
            using var block = encoder.Encode(batch, made.Schema, ids, FrameFlags.ChangeKinds, default, 0);

            var frame = TestFrames.Single(block);
            var decoded = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, arrow);

            Assert.Equal(FrameFlags.ChangeKinds, frame.Header.Flags);
            var columns = ids.Select(made.Schema.GetColumn).ToArray();
            Assert.Equal(ArrowRows.Text(ArrowRows.Read(columns, batch)), ArrowRows.Text(ArrowRows.Read(columns, decoded)));
            Assert.Equal(((Int64Array)system[1]).Values.ToArray(), ((Int64Array)decoded.Column(ids.Length + 1)).Values.ToArray());
            Assert.Equal(((Int8Array)system[0]).Values.ToArray(), ((Int8Array)decoded.Column(ids.Length)).Values.ToArray());
        }, iter: 200);

    [Fact]
    public void A_null_in_a_column_that_allows_none_is_refused_with_its_row()
    {
        var schema = TestFrames.Schema(new Column("n", DataType.Int32, nullable: false));
        var batch = new RecordBatch(ArrowSchemas.ToArrow(schema), [new Int32Array.Builder().Append(1).AppendNull().Build()], 2);
        using var encoder = new FrameEncoder(new FrameEncoderOptions());

        var refusal = Assert.Throws<GridException>(() => encoder.Encode(batch, schema, null, FrameFlags.None, default, 0));

        Assert.Equal(GridErrorCode.NullNotAllowed, refusal.Code);
        Assert.Equal(1, refusal.Detail);
    }

    [Fact]
    public void A_null_in_a_struct_field_that_allows_none_is_refused_unless_the_struct_is_null()
    {
        var schema = TestFrames.Schema(new Column("s", DataType.Struct(new Column("f", DataType.Int32, nullable: false))));
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        using var hidden = encoder.Encode(ArrowRows.Build(schema, [[new object?[] { 1 }], [null]]), schema, null, FrameFlags.None, default, 0);

        var refusal = Assert.Throws<GridException>(() =>
            encoder.Encode(ArrowRows.Build(schema, [[new object?[] { 1 }], [new object?[] { null }]]), schema, null, FrameFlags.None, default, 0));

        Assert.Equal(GridErrorCode.NullNotAllowed, refusal.Code);
    }

    [Fact]
    public void A_batch_of_other_types_is_refused()
    {
        var schema = TestFrames.Schema(new Column("n", DataType.Int32));
        var other = TestFrames.Schema(new Column("n", DataType.Int64));
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        var batch = ArrowRows.Build(other, [[1L]]);

        Assert.Equal(GridErrorCode.SchemaMismatch, Assert.Throws<GridException>(() => encoder.Encode(batch, schema, null, FrameFlags.None, default, 0)).Code);
        Assert.Equal(GridErrorCode.SchemaMismatch, Assert.Throws<GridException>(() => encoder.Encode(batch, other, null, FrameFlags.ChangeKinds, default, 0)).Code);
    }

    [Fact]
    public void A_message_that_would_be_too_long_is_refused()
    {
        var schema = TestFrames.Schema(new Column("b", DataType.Binary));
        var noise = new byte[FrameHeader.MessageLengthMax];
        new Random(1).NextBytes(noise);
        var batch = ArrowRows.Build(schema, [[noise]]);
        foreach (var compression in Enum.GetValues<FrameCompression>())
        {
            using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression });
            Assert.Equal(GridErrorCode.TooLarge, Assert.Throws<GridException>(() => encoder.Encode(batch, schema, null, FrameFlags.None, default, 0)).Code);
        }
    }

    [Fact]
    public void A_message_that_decompresses_beyond_the_limit_is_refused_before_memory_is_taken()
    {
        var schema = TestFrames.Schema(new Column("b", DataType.Binary));
        var batch = ArrowRows.Build(schema, [[new byte[FrameDecoder.DecompressedBytesMax / 2]]]);
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        using var block = encoder.Encode(batch, schema, null, FrameFlags.None, default, 0);
        var frame = TestFrames.Single(block);
        var message = frame.Message.ToArray();
        var promise = message.AsSpan().LastIndexOf(BitConverter.GetBytes((long)FrameDecoder.DecompressedBytesMax / 2));
        BitConverter.TryWriteBytes(message.AsSpan(promise), (long)FrameDecoder.DecompressedBytesMax + 1);

        Assert.Equal(GridErrorCode.TooLarge, Assert.Throws<GridException>(() => FrameDecoder.Check(message, 1, ArrowSchemas.ToArrow(schema))).Code);
    }

    [Fact]
    public void Disposing_a_batch_twice_returns_its_memory_once()
    {
        var schema = TestFrames.Schema(new Column("s", DataType.String));
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        using var block = encoder.Encode(ArrowRows.Build(schema, [[new string('a', 5000)]]), schema, null, FrameFlags.None, default, 0);
        var frame = TestFrames.Single(block);
        var first = FrameDecoder.Decode(frame.Message, 1, ArrowSchemas.ToArrow(schema));
        first.Dispose();
        first.Dispose();

        using var second = FrameDecoder.Decode(frame.Message, 1, ArrowSchemas.ToArrow(schema));
        using var third = FrameDecoder.Decode(frame.Message, 1, ArrowSchemas.ToArrow(schema));

        Assert.False(((StringArray)second.Column(0)).ValueBuffer.Span.Overlaps(((StringArray)third.Column(0)).ValueBuffer.Span));
    }
}
