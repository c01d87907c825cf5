using System.Text;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Iceberg;
using Grid.Testing;

namespace Grid.Storage.Tests.Lake.Iceberg;

public sealed class IcebergSchemaTests
{
    [Fact]
    public void A_schema_is_this_JSON()
    {
        var schema = SchemaEvolution.Create(new CreateTable
        {
            Path = new TablePath("test", "table"),
            Columns =
            [
                new Column("id", DataType.Int64), new Column("small", DataType.Int8), new Column("price", DataType.Decimal(10, 2), nullable: false),
                new Column("level", DataType.Int16, nullable: false) { Default = "1" }, new Column("code", DataType.FixedBinary(3)),
                new Column("tags", DataType.List(DataType.String, elementNullable: false)),
                new Column("by", DataType.Map(DataType.Date, DataType.Struct(new Column("at", DataType.TimestampUtc, nullable: false), new Column("raw", DataType.Binary)))),
            ],
            PrimaryKey = ["id"],
        });
        Assert.Equal(
            """{"type":"struct","schema-id":1,"identifier-field-ids":[1],"fields":["""
            + """{"id":1,"name":"id","required":true,"type":"long"},"""
            + """{"id":2,"name":"small","required":false,"type":"int"},"""
            + """{"id":3,"name":"price","required":true,"type":"decimal(10, 2)"},"""
            + """{"id":4,"name":"level","required":false,"type":"int"},"""
            + """{"id":5,"name":"code","required":false,"type":"fixed[3]"},"""
            + """{"id":6,"name":"tags","required":false,"type":{"type":"list","element-id":7,"element":"string","element-required":true}},"""
            + """{"id":8,"name":"by","required":false,"type":{"type":"map","key-id":9,"key":"date","value-id":10,"value":{"type":"struct","fields":["""
            + """{"id":11,"name":"at","required":true,"type":"timestamptz"},{"id":12,"name":"raw","required":false,"type":"binary"}]},"value-required":false}},"""
            + """{"id":2000000001,"name":"__bucket","required":true,"type":"int"},"""
            + """{"id":2000000002,"name":"__offset","required":true,"type":"long"},"""
            + """{"id":2000000003,"name":"__timestamp","required":true,"type":"timestamptz"}]}""",
            IcebergSchema.ToJson(LakeColumns.Extend(schema)));
    }

    [Fact]
    public void Any_schema_comes_back_as_the_lake_has_it() =>
        Generators.Schema(depth: 3).Sample(
            schema =>
            {
                var lake = LakeColumns.Extend(schema);
                var read = Read(IcebergSchema.ToJson(lake));
                Assert.Equal(lake.Columns.Select(column => Stored(lake, column)), read.Columns);
                Assert.Equal([.. lake.PrimaryKey], [.. read.PrimaryKey]);
                Assert.Equal(lake.Version, read.Version);
                Assert.Equal(LakeColumns.Timestamp.Id.Value, IcebergSchema.LastFieldId(read));
            },
            iter: 500);

    [Theory]
    [InlineData("\"decimal(38,38)\"", "decimal(38,38)")]
    [InlineData("\"decimal( 9 , 2 )\"", "decimal(9,2)")]
    [InlineData("\"fixed[ 16 ]\"", "fixed(16)")]
    public void Types_that_others_write_with_white_space_are_read(string json, string type) => Assert.Equal(DataType.Parse(type), Read(Of(json)).Columns[0].Type);

    [Theory]
    [InlineData("\"timestamp_ns\"", GridErrorCode.Corrupt)]
    [InlineData("\"variant\"", GridErrorCode.Corrupt)]
    [InlineData("\"decimal(39,2)\"", GridErrorCode.Corrupt)]
    [InlineData("\"decimal(2,3)\"", GridErrorCode.Corrupt)]
    [InlineData("\"fixed[0]\"", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"struct","fields":[]}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"list","element-id":1,"element":"int","element-required":true}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"list","element-id":2,"element":"int"}""", GridErrorCode.Corrupt)]
    [InlineData("""{"type":"map","key-id":2,"key":"int"}""", GridErrorCode.Corrupt)]
    [InlineData("7", GridErrorCode.Corrupt)]
    public void Types_that_are_none_or_not_Grids_are_refused(string json, GridErrorCode code) => Assert.Equal(code, Assert.Throws<GridException>(() => Read(Of(json))).Code);

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        var json = string.Concat(Enumerable.Range(2, 17).Select(id => $$"""{"type":"list","element-required":true,"element-id":{{id}},"element":""")) + "\"int\"" + new string('}', 17);
        Assert.Equal(GridErrorCode.TooLarge, Assert.Throws<GridException>(() => Read(Of(json))).Code);
    }

    private static string Of(string type) => $$"""{"type":"struct","schema-id":0,"fields":[{"id":1,"name":"a","required":false,"type":{{type}}}]}""";

    private static TableSchema Read(string json) => JsonFields.Parse(Encoding.UTF8.GetBytes(json), 1 << 20, "schema", IcebergSchemaReader.Read);

    private static Column Stored(TableSchema schema, Column column) =>
        new(column.Name, Stored(column.Type), !IcebergSchema.IsRequired(schema, column)) { Id = column.Id };

    private static DataType Stored(DataType type) =>
        type.IsNested ? type with { Children = [.. type.Children.Select(child => child with { Type = Stored(child.Type) })] } : IcebergTypes.Stored(type);
}
