using Apache.Arrow;
using Grid.Abstractions;
using Grid.Testing;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Fuzz;

/// <summary>Tables with every type, in two schema versions, and well-formed frames of them to begin from.</summary>
internal static class FuzzTables
{
    private static readonly TableOptions Options = new() { SegmentBytesMax = 4 << 20, SegmentAgeMsMax = long.MaxValue / 2, RetentionMs = 0, RetentionBytes = 64 << 20 };

    private static readonly Column[] Keys =
    [
        new("id", DataType.Int32, nullable: false), new("name", DataType.String, nullable: false), new("price", DataType.Decimal(12, 2), nullable: false),
    ];

    private static readonly Column[] Values =
    [
        new("flag", DataType.Boolean), new("i8", DataType.Int8), new("i16", DataType.Int16, nullable: false) { Default = "3" }, new("i32", DataType.Int32), new("i64", DataType.Int64),
        new("f32", DataType.Float32), new("f64", DataType.Float64), new("wide", DataType.Decimal(38, 10)), new("text", DataType.String), new("bytes", DataType.Binary),
        new("fixed", DataType.FixedBinary(5)), new("date", DataType.Date), new("time", DataType.Time), new("local", DataType.Timestamp), new("utc", DataType.TimestampUtc),
        new("uuid", DataType.Uuid), new("list", DataType.List(DataType.String)), new("lists", DataType.List(DataType.List(DataType.Int16, elementNullable: false))),
        new("struct", DataType.Struct(new Column("a", DataType.Int32), new Column("b", DataType.List(DataType.Boolean), nullable: false))),
        new("map", DataType.Map(DataType.String, DataType.Struct(new Column("x", DataType.Decimal(9, 3)), new Column("y", DataType.Binary)))),
    ];

    public static TableInfo Log { get; } = Of(primaryKey: []);

    public static TableInfo PrimaryKey { get; } = Of(primaryKey: ["id", "name", "price"]);

    /// <summary>A frame with random rows, as odd as Arrow allows.</summary>
    /// <param name="schema">The schema version.</param>
    /// <param name="rows">How many.</param>
    /// <param name="random">What they depend on.</param>
    /// <param name="targets">The columns; null: all.</param>
    /// <param name="kinds">Whether rows carry change kinds.</param>
    public static byte[] Frame(TableSchema schema, int rows, Random random, ColumnId[]? targets = null, bool kinds = false)
    {
        var batch = Generators.NextBatch(targets is null ? schema : schema with { Columns = [.. targets.Select(schema.GetColumn)] }, rows, random);
        if (kinds)
        {
            var changes = new Int8Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(_ => (sbyte)random.Next(4))).Build();
            batch = new RecordBatch(ArrowSchemas.ToArrow(schema, targets, change: true, version: false), batch.Arrays.Append(changes), rows);
        }

        var options = new FrameEncoderOptions { Compression = (FrameCompression)random.Next(3), Statistics = random.Next(4) != 0 };
        using var encoder = new FrameEncoder(options);
        using var block = encoder.Encode(batch, schema, targets, kinds ? FrameFlags.ChangeKinds : FrameFlags.None, default, 0);
        return block.Span.ToArray();
    }

    private static TableInfo Of(string[] primaryKey)
    {
        var path = new TablePath("fuzz", "table");
        var first = SchemaEvolution.Create(new CreateTable { Path = path, Columns = [.. Keys, .. Values], PrimaryKey = [.. primaryKey] });
        var second = SchemaEvolution.Apply(first,
            [new DropColumn("i8"), new RenameColumn("text", "words"), new WidenColumn("i32", DataType.Int64), new WidenColumn("f32", DataType.Float64), new AddColumn(new Column("i8", DataType.String) { Default = "new" })]);
        var third = SchemaEvolution.Apply(second, [new ReorderColumns([.. second.Columns.Select(column => column.Name).Reverse()])]);
        return new TableInfo { Path = path, Id = new TableId(1), Schemas = [first, second, third], Options = Options };
    }
}
