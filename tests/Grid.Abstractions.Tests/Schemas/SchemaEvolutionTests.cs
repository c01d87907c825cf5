using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Abstractions.Tests.Schemas;

public sealed class SchemaEvolutionTests
{
    private static readonly Column Id = new("id", DataType.Int64);
    private static readonly Column Name = new("name", DataType.String);
    private static readonly Column Amount = new("amount", DataType.Decimal(10, 2));

    [Fact]
    public void A_new_table_has_numbered_columns_and_key_columns_that_are_not_null()
    {
        var schema = SchemaEvolution.Create(Request(["id"], [], Id, new Column("pair", DataType.Parse("struct<a:int32,b:list<string>>")), Name));
        Assert.Equal(1, schema.Version.Value);
        Assert.Equal([1, 2, 6], schema.Columns.Select(c => c.Id.Value));
        Assert.Equal([3, 4], schema.Columns[1].Type.Children.Select(c => c.Id.Value));
        Assert.Equal(5, schema.Columns[1].Type.Children[1].Type.Children[0].Id.Value);
        Assert.Equal(6, schema.LastColumnId);
        Assert.Equal([false, true, true], schema.Columns.Select(c => c.Nullable));
        Assert.Equal([1], schema.PrimaryKey.Select(c => c.Value));
        Assert.Equal(schema.PrimaryKey.ToArray(), schema.BucketKey.ToArray());
    }

    [Fact]
    public void The_bucket_key_is_a_prefix_of_the_primary_key_or_any_key_columns_of_a_log_table()
    {
        Assert.Equal([2, 1], SchemaEvolution.Create(Request(["name", "id"], [], Id, Name)).BucketKey.Select(c => c.Value));
        Assert.Equal([2], SchemaEvolution.Create(Request(["name", "id"], ["name"], Id, Name)).BucketKey.Select(c => c.Value));
        var log = SchemaEvolution.Create(Request([], ["name"], Id, Name));
        Assert.False(log.HasPrimaryKey);
        Assert.Equal([true, false], log.Columns.Select(c => c.Nullable));
        Assert.Empty(SchemaEvolution.Create(Request([], [], Id, Name)).BucketKey);
        Refused(GridErrorCode.InvalidSchema, "prefix", Request(["name", "id"], ["id"], Id, Name));
        Refused(GridErrorCode.InvalidSchema, "prefix", Request(["id"], ["id", "name"], Id, Name));
    }

    [Fact]
    public void Keys_name_existing_scalar_columns_once()
    {
        Refused(GridErrorCode.UnknownColumn, "'nope'", Request(["nope"], [], Id));
        Refused(GridErrorCode.InvalidSchema, "twice", Request(["id", "id"], [], Id));
        Refused(GridErrorCode.InvalidSchema, "float", Request(["x"], [], new Column("x", DataType.Float64)));
        Refused(GridErrorCode.InvalidSchema, "bucket key", Request([], ["x"], new Column("x", DataType.List(DataType.Int32))));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" a")]
    [InlineData("a\n")]
    [InlineData("_change")]
    [InlineData("_version")]
    [InlineData("__bucket")]
    public void Names_follow_the_rules(string name)
    {
        Refused(GridErrorCode.InvalidName, "name", Request([], [], new Column(name, DataType.Int32)));
        var schema = SchemaEvolution.Create(Request([], [], Id));
        Assert.Equal(GridErrorCode.InvalidName, Assert.Throws<GridException>(() => SchemaEvolution.Apply(schema, [new RenameColumn("id", name)])).Code);
        Assert.Equal(GridErrorCode.InvalidName, Assert.Throws<GridException>(() => SchemaEvolution.Apply(schema, [new AddColumn(new Column(name, DataType.Int32))])).Code);
    }

    [Fact]
    public void Columns_and_their_types_keep_to_their_limits()
    {
        Refused(GridErrorCode.InvalidSchema, "0 columns", Request([], []));
        Refused(GridErrorCode.InvalidSchema, "2001 columns", Request([], [], [.. Enumerable.Range(0, 2001).Select(i => new Column($"c{i}", DataType.Int32))]));
        Refused(GridErrorCode.InvalidSchema, "unique", Request([], [], Id, Id));
        RefusedType("decimal", DataType.Decimal(39, 0));
        RefusedType("decimal", DataType.Decimal(5, 6));
        RefusedType("decimal", DataType.Decimal(5, -1));
        RefusedType("fixed", DataType.FixedBinary(0));
        RefusedType("fixed", DataType.FixedBinary(65_536));
        RefusedType("none", DataType.Int32 with { Precision = 3 });
        RefusedType("none", DataType.Int32 with { Kind = (TypeKind)77 });
        RefusedType("none", DataType.Struct());
        RefusedType("unique", DataType.Struct(Id, Id));
        RefusedType("scalar", DataType.Map(DataType.List(DataType.Int32), DataType.Int32));
        RefusedType("not null", DataType.Map(DataType.Int32, DataType.Int32) with { Children = [new Column("key", DataType.Int32), new Column("value", DataType.Int32)] });
        RefusedType("element", DataType.List(DataType.Int32) with { Children = [new Column("item", DataType.Int32)] });
        RefusedType("default", DataType.Struct(Id with { Default = "1" }));
        RefusedType("type", null!);
        var deep = DataType.Int32;
        for (var i = 0; i < DataType.DepthMax; i++)
            deep = DataType.List(deep);
        SchemaEvolution.Create(Request([], [], new Column("x", deep)));
        RefusedType("deeper", DataType.List(deep));
    }

    [Fact]
    public void Defaults_are_values_of_scalar_types()
    {
        Refused(GridErrorCode.InvalidSchema, "default", Request([], [], Id with { Default = "x" }));
        Refused(GridErrorCode.InvalidSchema, "default", Request([], [], new Column("l", DataType.List(DataType.Int32)) { Default = "[]" }));
        Assert.Equal("7", SchemaEvolution.Create(Request([], [], Id with { Default = "7" })).Columns[0].Default);
    }

    [Fact]
    public void A_column_added_under_a_dropped_name_has_a_new_id()
    {
        var schema = SchemaEvolution.Create(Request(["id"], [], Id, Name));
        schema = SchemaEvolution.Apply(schema, [new DropColumn("name")]);
        Assert.Equal(2, schema.Version.Value);
        schema = SchemaEvolution.Apply(schema, [new AddColumn(Name), new AddColumn(new Column("n", DataType.Int32, nullable: false) { Default = "0" })]);
        Assert.Equal(3, schema.Version.Value);
        Assert.Equal([1, 3, 4], schema.Columns.Select(c => c.Id.Value));
        Assert.Equal(4, schema.LastColumnId);
        Refused(schema, new AddColumn(Name), "already");
        Refused(schema, new AddColumn(new Column("m", DataType.Int32, nullable: false)), "default");
        Refused(schema, new DropColumn("id"), "key");
        Assert.Equal(GridErrorCode.UnknownColumn, Assert.Throws<GridException>(() => SchemaEvolution.Apply(schema, [new DropColumn("nope")])).Code);
    }

    [Fact]
    public void A_table_keeps_a_column()
    {
        var schema = SchemaEvolution.Create(Request([], [], Id));
        Refused(schema, new DropColumn("id"), "0 columns");
        SchemaEvolution.Apply(schema, [new DropColumn("id"), new AddColumn(Name)]);
    }

    [Fact]
    public void Renaming_keeps_ids_and_keys()
    {
        var schema = SchemaEvolution.Create(Request(["id"], [], Id, Name));
        var renamed = SchemaEvolution.Apply(schema, [new RenameColumn("id", "key"), new RenameColumn("name", "id")]);
        Assert.Equal(["key", "id"], renamed.Columns.Select(c => c.Name));
        Assert.Equal(schema.PrimaryKey.ToArray(), renamed.PrimaryKey.ToArray());
        Refused(schema, new RenameColumn("id", "name"), "already");
    }

    [Fact]
    public void Widening_goes_only_up()
    {
        var schema = SchemaEvolution.Create(Request(["id"], [],
            Id, Amount with { Default = "1.5" }, new Column("i", DataType.Int32) { Default = "-1" }, new Column("f", DataType.Float32) { Default = "0.1" }));
        var wide = SchemaEvolution.Apply(schema,
            [new WidenColumn("amount", DataType.Decimal(38, 2)), new WidenColumn("i", DataType.Int64), new WidenColumn("f", DataType.Float64)]);
        Assert.Equal(["int64", "decimal(38,2)", "int64", "float64"], wide.Columns.Select(c => c.Type.ToString()));
        Assert.Equal((double)0.1f, ValueText.Parse(DataType.Float64, wide.Columns[3].Default!));
        Assert.Equal(["1.50", "-1"], wide.Columns.Skip(1).Take(2).Select(c => c.Default!));
        Refused(schema, new WidenColumn("id", DataType.Int64), "key");
        Refused(schema, new WidenColumn("amount", DataType.Decimal(9, 2)), "cannot go");
        Refused(schema, new WidenColumn("amount", DataType.Decimal(12, 3)), "cannot go");
        Refused(schema, new WidenColumn("amount", DataType.Decimal(39, 2)), "cannot go");
        Refused(schema, new WidenColumn("i", DataType.Int32), "cannot go");
        Refused(schema, new WidenColumn("i", DataType.Float64), "cannot go");
        Refused(wide, new WidenColumn("i", DataType.Int32), "cannot go");
    }

    [Fact]
    public void Reordering_names_every_column_once()
    {
        var schema = SchemaEvolution.Create(Request(["id"], [], Id, Name, Amount));
        Assert.Equal([3, 1, 2], SchemaEvolution.Apply(schema, [new ReorderColumns(["amount", "id", "name"])]).Columns.Select(c => c.Id.Value));
        Refused(schema, new ReorderColumns(["amount", "id"]), "each");
        Refused(schema, new ReorderColumns(["amount", "id", "id"]), "each");
        Refused(schema, new ReorderColumns(default), "each");
    }

    [Fact]
    public void Versions_end_at_two_bytes()
    {
        var schema = SchemaEvolution.Create(Request([], [], Id)) with { Version = new SchemaVersion(65_534) };
        schema = SchemaEvolution.Apply(schema, [new AddColumn(Name)]);
        Assert.Equal(65_535, schema.Version.Value);
        Refused(schema, new DropColumn("name"), "65535");
        Assert.Throws<GridException>(() => SchemaEvolution.Apply(schema, []));
    }

    private static CreateTable Request(string[] primaryKey, string[] bucketKey, params Column[] columns) => new()
    {
        Path = TablePath.Parse("db.t"),
        Columns = [.. columns],
        PrimaryKey = [.. primaryKey],
        BucketKey = [.. bucketKey],
    };

    private static void Refused(GridErrorCode code, string part, CreateTable request)
    {
        var refusal = Assert.Throws<GridException>(() => SchemaEvolution.Create(request));
        Assert.Equal(code, refusal.Code);
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }

    private static void Refused(TableSchema schema, SchemaChange change, string part)
    {
        var refusal = Assert.Throws<GridException>(() => SchemaEvolution.Apply(schema, [change]));
        Assert.Equal(GridErrorCode.InvalidSchema, refusal.Code);
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }

    private static void RefusedType(string part, DataType type)
    {
        Refused(GridErrorCode.InvalidSchema, part, Request([], [], new Column("x", type)));
        Refused(SchemaEvolution.Create(Request([], [], Id)), new AddColumn(new Column("x", type)), part);
    }
}
