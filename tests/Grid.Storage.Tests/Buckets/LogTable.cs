using Apache.Arrow;
using Grid.Abstractions;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Buckets;

/// <summary>A small log table, its frames, and what reading them gives.</summary>
internal static class LogTable
{
    public static readonly TableSchema Schema = new()
    {
        Version = new SchemaVersion(1),
        Columns =
        [
            new Column("id", DataType.Int64, nullable: false) { Id = new ColumnId(1) },
            new Column("text", DataType.String) { Id = new ColumnId(2) },
        ],
        LastColumnId = 2,
    };

    public static readonly TableInfo Table = Of(Schema);

    /// <summary>The schema with one more column, as version 2.</summary>
    public static readonly TableSchema Wider = Schema with
    {
        Version = new SchemaVersion(2),
        Columns = [.. Schema.Columns, new Column("more", DataType.Int32) { Id = new ColumnId(3) }],
        LastColumnId = 3,
    };

    public static readonly BucketId Bucket = Table.Bucket(0);

    public static TableInfo Of(params TableSchema[] schemas) => Of(new TableOptions(), schemas);

    public static TableInfo Of(TableOptions options, params TableSchema[] schemas) =>
        new() { Path = new TablePath("db", "t"), Id = new TableId(1), Schemas = [.. schemas], Options = options };

    /// <summary>A frame with rows (id, text) of these ids; the text is as long as asked for.</summary>
    public static FrameBlock Frame(long firstId, int rows = 1, long writer = 0, int sequence = 0, int textLength = 10, TableSchema? schema = null)
    {
        schema ??= Schema;
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        var values = Enumerable.Range(0, rows)
            .Select(i => schema.Columns.Length == 2 ? new object?[] { firstId + i, Text(firstId + i, textLength) } : [firstId + i, Text(firstId + i, textLength), (int)firstId])
            .ToList();
        return encoder.Encode(ArrowRows.Build(schema, values), schema, null, FrameFlags.None, new WriterId(writer), sequence);
    }

    /// <summary>An append of these frames, end to end.</summary>
    public static AppendRequest Append(params FrameBlock[] frames)
    {
        if (frames.Length == 1)
            return new AppendRequest { Frames = frames[0] };
        var all = FrameBlock.Rent(frames.Sum(frame => frame.Length));
        var at = 0;
        foreach (var frame in frames)
        {
            frame.Span.CopyTo(all.WritableMemory.Span[at..]);
            at += frame.Length;
        }

        return new AppendRequest { Frames = all };
    }

    public static string Text(long id, int length) => new((char)('a' + (id % 26)), length);

    /// <summary>The frames of a block, copied.</summary>
    public static List<Frame> Frames(FrameBlock? block)
    {
        List<Frame> frames = [];
        if (block is null)
            return frames;
        var reader = new FrameReader(block.Memory.ToArray());
        while (reader.Read())
            frames.Add(reader.Current);
        return frames;
    }

    /// <summary>The values of the frame's first column.</summary>
    public static long[] Ids(Frame frame, TableSchema? schema = null)
    {
        using var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(schema ?? Schema));
        return ((Int64Array)batch.Column(0)).Values.ToArray();
    }
}
