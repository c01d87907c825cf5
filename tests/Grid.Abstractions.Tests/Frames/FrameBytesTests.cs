using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Frames;

/// <summary>The bytes of a frame, written out: a change of any of them is a change of the format.</summary>
public sealed class FrameBytesTests
{
    [Fact]
    public void Bytes_of_a_small_frame_are_these()
    {
        var schema = TestFrames.Schema(new Column("id", DataType.Int64, nullable: false), new Column("name", DataType.String));
        var batch = ArrowRows.Build(schema, [[7L, "ab"], [-1L, null]]);
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        using var block = encoder.Encode(batch, schema, null, FrameFlags.None, new WriterId(9), 4);

        string[] expected =
        [
            "475246317801000000000000000000000200000002000000", // header: magic, length, offset, rows, span
            "00000000010000000000000000000000", // epoch, version and flags, timestamp
            "0900000000000000AA5843F03B8E545804000000CD54D254", // writer, message hash, sequence, header hash
            "FFFFFFFF40010000", // continuation, metadata length
            "280000000E001800140016000400080010000C001800080004001000000008000800040005000000", // root, vtables of Message, RecordBatch, BodyCompression
            "24000000140000003000000000000000A800000004000300", // Message: batch, body length, custom metadata, V5, RecordBatch
            "2E0000002000000002000000000000003C00000000000000", // RecordBatch: nodes, rows, buffers
            "3A000000000000000000000002000000", // BodyCompression, not referred to; count of nodes
            "02000000000000000000000000000000", // nodes: rows, nulls
            "02000000000000000100000000000000",
            "0000000005000000", // count of buffers
            "00000000000000000000000000000000", // buffers: offset, length
            "00000000000000001000000000000000",
            "10000000000000000100000000000000",
            "18000000000000000C00000000000000",
            "28000000000000000200000000000000",
            "010000000C00000008000C0004000800080000000800000014000000", // custom metadata: one pair, its vtable and table
            "0A000000677269642E73746174730000", // grid.stats
            "2C000000415145414151682F2F2F2F2F2F2F2F2F2F77694141414141414141414277494241514A6859674A6859673D3D00000000", // the statistics' text
            "0700000000000000FFFFFFFFFFFFFFFF", // body: id
            "0100000000000000", // name: validity
            "00000000020000000200000000000000", // name: offsets
            "6162000000000000", // name: bytes
        ];
        Assert.Equal(string.Concat(expected), Convert.ToHexString(block.Span));
    }
}
