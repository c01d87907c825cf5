using System.Text;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Tests.Lake.Iceberg;

public sealed class LakePartitionSpecTests
{
    [Fact]
    public void A_bucket_key_of_one_column_is_the_bucket_transform_of_it()
    {
        var spec = LakePartitionSpec.Create(Schema(DataType.String, 1), 16, []);
        Assert.Equal("""[{"source-id":1,"field-id":1000,"name":"__a_bucket","transform":"bucket[16]"}]""", spec.FieldsToJson());
        Assert.Equal(16, spec.Fields[0].Buckets);
        Assert.Equal(DataType.Int32, spec.Fields[0].ResultType(Schema(DataType.String, 1)));
    }

    [Theory]
    [InlineData("string", 2)]
    [InlineData("string", 0)]
    [InlineData("boolean", 1)]
    public void Other_bucket_keys_are_the_lake_column_as_it_is(string type, int keys)
    {
        var schema = LakeColumns.Extend(Schema(DataType.Parse(type), keys));
        var spec = LakePartitionSpec.Create(schema, 16, []);
        Assert.Equal("""[{"source-id":2000000001,"field-id":1000,"name":"__bucket","transform":"identity"}]""", spec.FieldsToJson());
        Assert.Equal(DataType.Int32, spec.Fields[0].ResultType(schema));
    }

    [Fact]
    public void Partition_columns_stand_before_the_bucket()
    {
        var schema = Schema(DataType.Int16, 1);
        var spec = LakePartitionSpec.Create(schema, 4, [new ColumnId(2), new ColumnId(1)]);
        Assert.Equal(["b:identity:1000", "a:identity:1001", "__a_bucket:bucket[4]:1002"], spec.Fields.Select(field => $"{field.Name}:{field.Transform}:{field.FieldId}"));
        Assert.Equal([DataType.String, DataType.Int32, DataType.Int32], spec.Fields.Select(field => field.ResultType(schema)));
        Assert.Equal(1002, spec.LastFieldId);
    }

    [Fact]
    public void Specs_are_read_whoever_wrote_them()
    {
        var spec = Read("""{"spec-id":3,"fields":[{"source-id":4,"field-id":1000,"name":"ts_day","transform":"day"},{"source-id":1,"field-id":1001,"name":"id","transform":"bucket[7]"}]}""");
        Assert.Equal(3, spec.Id);
        Assert.Equal([null, 7], spec.Fields.Select(field => field.Buckets));
        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => spec.Fields[0].ResultType(Schema(DataType.Int32, 1))).Code);
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
            spec.Write(writer);
        Assert.Equal([.. spec.Fields], [.. Read(Encoding.UTF8.GetString(bytes.WrittenSpan)).Fields]);
        foreach (var json in new[] { "[]", "{}", """{"spec-id":0,"fields":[1]}""", """{"spec-id":0,"fields":[{"source-id":4,"name":"ts_day","transform":"day"}]}""" })
            Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => Read(json)).Code);
    }

    private static LakePartitionSpec Read(string json) => JsonFields.Parse(Encoding.UTF8.GetBytes(json), 1 << 20, "spec", LakePartitionSpec.Read);

    private static TableSchema Schema(DataType type, int keys) => SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "table"),
        Columns = [new Column("a", type), new Column("b", DataType.String)],
        BucketKey = keys switch { 0 => [], 1 => ["a"], _ => ["a", "b"] },
    });
}
