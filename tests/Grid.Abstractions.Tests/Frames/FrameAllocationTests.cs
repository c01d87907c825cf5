using Apache.Arrow;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Frames;

public sealed class FrameAllocationTests
{
    [Theory]
    [InlineData(FrameCompression.None)]
    [InlineData(FrameCompression.Lz4)]
    [InlineData(FrameCompression.Zstd)]
    public void Rows_cost_no_memory_of_their_own(FrameCompression compression)
    {
        var schema = TestFrames.Schema(new Column("n", DataType.Int64), new Column("s", DataType.String), new Column("b", DataType.Boolean));
        var arrow = ArrowSchemas.ToArrow(schema);
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = compression });
        var few = ArrowRows.Build(schema, RowsOf(100));
        var many = ArrowRows.Build(schema, RowsOf(5_000));

        var (encodedFew, decodedFew) = Least(encoder, schema, arrow, few);
        var (encodedMany, decodedMany) = Least(encoder, schema, arrow, many);

        Assert.InRange(encodedFew, 0, 500);
        Assert.InRange(encodedMany, 0, 500);
        Assert.InRange(decodedFew, 0, 3_000);
        Assert.InRange(decodedMany, 0, 3_000);
    }

    /// <summary>The least of several frames: the first ones size the scratch memory, and a collection may empty the pools at any time.</summary>
    private static (long Encoded, long Decoded) Least(FrameEncoder encoder, TableSchema schema, Schema arrow, RecordBatch batch)
    {
        var measured = Enumerable.Range(0, 10).Select(_ => Measure(encoder, schema, arrow, batch)).ToArray();
        return (measured.Min(m => m.Encoded), measured.Min(m => m.Decoded));
    }

    private static (long Encoded, long Decoded) Measure(FrameEncoder encoder, TableSchema schema, Schema arrow, RecordBatch batch)
    {
        var start = GC.GetAllocatedBytesForCurrentThread();
        using var block = encoder.Encode(batch, schema, null, FrameFlags.None, default, 0);
        var encoded = GC.GetAllocatedBytesForCurrentThread();
        var reader = new FrameReader(block.Memory);
        reader.Read();
        FrameDecoder.Decode(reader.Current.Message, batch.Length, arrow).Dispose();
        return (encoded - start, GC.GetAllocatedBytesForCurrentThread() - encoded);
    }

    private static object?[][] RowsOf(int count) => [.. Enumerable.Range(0, count).Select(i => new object?[] { i % 7 == 0 ? null : (long)i, $"row {i}", i % 3 == 0 })];
}
