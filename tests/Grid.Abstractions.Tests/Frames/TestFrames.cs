using Apache.Arrow;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Frames;

/// <summary>Small things that the tests of frames share.</summary>
internal static class TestFrames
{
    /// <summary>The only frame of a block.</summary>
    public static Frame Single(FrameBlock block) => Single(block.Memory);

    public static Frame Single(ReadOnlyMemory<byte> block)
    {
        var reader = new FrameReader(block);
        Assert.True(reader.Read());
        var frame = reader.Current;
        Assert.False(reader.Read());
        return frame;
    }

    /// <summary>A message's flatbuffer.</summary>
    public static ReadOnlySpan<byte> Metadata(Frame frame)
    {
        var message = frame.Message.Span;
        return message.Slice(ArrowMessage.PrefixBytes, ArrowMessage.MetadataLength(message, message.Length));
    }

    /// <summary>A first schema version of these columns, numbered from 1, nested fields not numbered.</summary>
    public static TableSchema Schema(params Column[] columns) => new()
    {
        Version = new SchemaVersion(1),
        Columns = [.. columns.Select((column, i) => column with { Id = new ColumnId(i + 1) })],
    };

    public static string Text(TableSchema schema, RecordBatch batch) => ArrowRows.Text(ArrowRows.Read(schema.Columns, batch));
}
