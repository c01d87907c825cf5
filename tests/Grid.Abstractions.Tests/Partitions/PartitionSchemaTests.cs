using System.Collections.Immutable;

namespace Grid.Abstractions.Tests.Partitions;

public sealed class PartitionSchemaTests
{
    private static readonly Column Id = new("id", DataType.Int64);
    private static readonly Column Day = new("day", DataType.String);
    private static readonly Column Weight = new("weight", DataType.Float64);

    [Fact]
    public void Partition_columns_are_not_null_and_chosen_by_id()
    {
        var schema = SchemaEvolution.Create(Request([], [], ["day"]));
        Assert.True(schema.IsPartitioned);
        Assert.Equal([2], schema.PartitionKey.Select(id => id.Value));
        Assert.False(schema.GetColumn("day").Nullable);
        Assert.Empty(schema.BucketKey);
        Assert.False(SchemaEvolution.Create(Request([], [], [])).IsPartitioned);
    }

    [Fact]
    public void The_bucket_key_is_what_is_left_of_the_primary_key_or_a_prefix_of_that()
    {
        Assert.Equal([1], SchemaEvolution.Create(Request(["day", "id"], [], ["day"])).BucketKey.Select(id => id.Value));
        Assert.Equal([1], SchemaEvolution.Create(Request(["id", "day"], ["id"], ["day"])).BucketKey.Select(id => id.Value));
        Refused("cannot be part of the bucket key", Request(["day", "id"], ["day"], ["day"]));
        Refused("cannot be part of the bucket key", Request([], ["day"], ["day"]));
    }

    [Fact]
    public void Partition_columns_are_scalars_of_the_primary_key_and_leave_something_of_it()
    {
        Refused("cannot be part of the partition columns", Request([], [], ["weight"]));
        Refused("is not part of the primary key", Request(["id"], [], ["day"]));
        Refused("each partition would have one row", Request(["day"], [], ["day"]));
        Refused("twice", Request([], [], ["day", "day"]));
        Assert.Equal(GridErrorCode.UnknownColumn, Assert.Throws<GridException>(() => SchemaEvolution.Create(Request([], [], ["night"]))).Code);
    }

    [Fact]
    public void Partition_columns_are_renamed_but_not_dropped_or_widened()
    {
        var schema = SchemaEvolution.Create(Request([], [], ["day"]));
        Assert.Contains("partition column", Assert.Throws<GridException>(() => SchemaEvolution.Apply(schema, [new DropColumn("day")])).Message);
        Assert.Contains("partition column", Assert.Throws<GridException>(() => SchemaEvolution.Apply(schema, [new WidenColumn("day", DataType.Binary)])).Message);
        var renamed = SchemaEvolution.Apply(schema, [new RenameColumn("day", "date")]);
        Assert.Equal("date", renamed.GetColumn(renamed.PartitionKey[0]).Name);
    }

    [Fact]
    public void Equal_values_have_equal_texts()
    {
        var schema = Schema(DataType.Decimal(10, 2), DataType.TimestampUtc);
        var texts = PartitionValues.Format(schema, [1.5m, new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero)]);
        Assert.Equal(texts.AsEnumerable(), PartitionValues.Normalize(schema, ["1.50", "2026-11-25T02:00:00+02:00"]));
        Assert.Equal(texts.AsEnumerable(), PartitionValues.Normalize(schema, texts));
        Assert.Equal($"a={texts[0]}/b={texts[1]}", PartitionValues.ToText(schema, texts));
    }

    [Fact]
    public void Values_that_are_too_few_null_too_long_or_of_another_type_are_refused()
    {
        var schema = Schema(DataType.String, DataType.Int32);
        Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => PartitionValues.Normalize(schema, ["x"])).Code);
        Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => PartitionValues.Normalize(schema, ["x", "y"])).Code);
        Assert.Equal(GridErrorCode.NullNotAllowed, Assert.Throws<GridException>(() => PartitionValues.Format(schema, [null, 1])).Code);
        Assert.Equal(GridErrorCode.NullNotAllowed, Assert.Throws<GridException>(() => PartitionValues.Normalize(schema, [null!, "1"])).Code);
        Assert.Equal(GridErrorCode.TooLarge, Assert.Throws<GridException>(() => PartitionValues.Format(schema, [new string('x', 257), 1])).Code);
        Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => PartitionValues.Normalize(schema with { PartitionKey = [] }, [])).Code);
    }

    internal static TableSchema Schema(params DataType[] types) => SchemaEvolution.Create(new CreateTable
    {
        Path = TablePath.Parse("db.t"),
        Columns = [.. types.Select((type, i) => new Column(((char)('a' + i)).ToString(), type)), new Column("other", DataType.Int64)],
        PartitionBy = [.. types.Select((_, i) => ((char)('a' + i)).ToString())],
    });

    private static CreateTable Request(string[] primaryKey, string[] bucketKey, string[] partitionBy) => new()
    {
        Path = TablePath.Parse("db.t"),
        Columns = [Id, Day, Weight],
        PrimaryKey = [.. primaryKey],
        BucketKey = [.. bucketKey],
        PartitionBy = [.. partitionBy],
    };

    private static void Refused(string part, CreateTable request)
    {
        var refusal = Assert.Throws<GridException>(() => SchemaEvolution.Create(request));
        Assert.Equal(GridErrorCode.InvalidSchema, refusal.Code);
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
    }
}
