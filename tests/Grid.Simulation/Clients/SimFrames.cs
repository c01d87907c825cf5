using Apache.Arrow;
using Grid.Abstractions;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Simulation.Clients;

/// <summary>The two tables of the simulation, and their frames. A log table's message depends on writer and sequence alone, so its hash tells them.</summary>
internal static class SimFrames
{
    public static readonly TableSchema LogSchema = SchemaEvolution.Create(
        new CreateTable { Path = new TablePath("sim", "log"), Columns = [new Column("id", DataType.Int64, nullable: false), new Column("text", DataType.String)] });

    public static readonly TableSchema KeySchema = SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("sim", "keys"),
        Columns = [new Column("key", DataType.Int64, nullable: false), new Column("value", DataType.Int64)],
        PrimaryKey = ["key"],
    });

    [ThreadStatic]
    private static FrameEncoder? _encoder;

    private static FrameEncoder Encoder => _encoder ??= new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });

    public static TableInfo Table(TableSchema schema, TableOptions options) =>
        new() { Path = new TablePath("sim", "table"), Id = new TableId(1), Schemas = [schema], Options = options };

    /// <summary>One to three rows.</summary>
    public static FrameBlock LogFrame(long writer, int sequence)
    {
        var rows = Enumerable.Range(0, 1 + (sequence % 3)).Select(row => new object?[] { (writer << 40) + ((long)sequence << 8) + row, "row" }).ToList();
        return Encoder.Encode(ArrowRows.Build(LogSchema, rows), LogSchema, null, FrameFlags.None, new WriterId(writer), sequence);
    }

    public static ulong HashOf(long writer, int sequence)
    {
        using var frame = LogFrame(writer, sequence);
        FrameHeader.TryRead(frame.Span, out var header);
        return header.MessageHash;
    }

    /// <summary>The write of one row.</summary>
    public static WriteRequest KeyWrite(long key, long value, bool delete, long? expected, long writer, int sequence)
    {
        var batch = ArrowRows.Build(KeySchema, [[key, delete ? null : value]]);
        if (delete)
            batch = new RecordBatch(ArrowSchemas.ToArrow(KeySchema, null, change: true, version: false),
                batch.Arrays.Append(new Int8Array.Builder().Append((sbyte)ChangeKind.Delete).Build()), 1);
        return new WriteRequest
        {
            Frame = Encoder.Encode(batch, KeySchema, null, delete ? FrameFlags.ChangeKinds : FrameFlags.None, new WriterId(writer), sequence),
            Mode = expected is null ? WriteMode.Upsert : WriteMode.CompareAndSet,
            ExpectedVersions = expected is { } version ? [version] : [],
        };
    }

    /// <summary>The key block of a lookup of one key.</summary>
    public static FrameBlock Keys(long key)
    {
        var schema = KeySchema with { Columns = [KeySchema.GetColumn(KeySchema.PrimaryKey[0])] };
        using var encoded = new KeyEncoder(KeySchema, KeySchema.PrimaryKey).Encode(ArrowRows.Build(schema, [[key]]), [0]);
        return KeyBlock.Build(encoded, [0]);
    }

    /// <summary>The rows of a changelog frame.</summary>
    public static IEnumerable<History.KeyChange> ReadChanges(Frame frame)
    {
        using var batch = FrameDecoder.Decode(frame.Message, frame.Header.RowCount, ArrowSchemas.ToArrow(KeySchema, null, change: true, version: false));
        var (keys, values, kinds) = ((Int64Array)batch.Column(0), (Int64Array)batch.Column(1), (Int8Array)batch.Column(2));
        var changes = new History.KeyChange[batch.Length];
        for (var i = 0; i < changes.Length; i++)
            changes[i] = new History.KeyChange((ChangeKind)kinds.GetValue(i)!.Value, keys.GetValue(i)!.Value, values.GetValue(i)!.Value, frame.Header.BaseOffset.Value + i);
        return changes;
    }

    /// <summary>The rows of an answer with versions.</summary>
    public static List<History.KeyRow> ReadRows(FrameBlock? block)
    {
        if (block is null)
            return [];
        FrameHeader.TryRead(block.Span, out var header);
        using var batch = FrameDecoder.Decode(block.Memory[FrameHeader.Size..], header.RowCount, ArrowSchemas.ToArrow(KeySchema, null, change: false, version: true));
        var (keys, values, versions) = ((Int64Array)batch.Column(0), (Int64Array)batch.Column(1), (Int64Array)batch.Column(2));
        return [.. Enumerable.Range(0, batch.Length).Select(i => new History.KeyRow(keys.GetValue(i)!.Value, values.GetValue(i)!.Value, versions.GetValue(i)!.Value))];
    }
}
