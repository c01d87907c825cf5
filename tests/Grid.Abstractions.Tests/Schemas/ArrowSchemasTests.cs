using Apache.Arrow.Types;

namespace Grid.Abstractions.Tests.Schemas;

public sealed class ArrowSchemasTests
{
    private static readonly TableSchema Nested = new()
    {
        Version = new SchemaVersion(1),
        Columns =
        [
            new Column("id", DataType.Uuid, nullable: false) { Id = new ColumnId(1) },
            new Column("tags", new DataType
            {
                Kind = TypeKind.Map,
                Children =
                [
                    new Column(DataType.KeyName, DataType.String, nullable: false) { Id = new ColumnId(3) },
                    new Column(DataType.ValueName, DataType.Decimal(38, 9)) { Id = new ColumnId(4) },
                ],
            }) { Id = new ColumnId(2) },
        ],
    };

    [Fact]
    public void Every_field_carries_its_column_id_and_a_uuid_its_extension_name()
    {
        var schema = ArrowSchemas.ToArrow(Nested);

        var id = schema.GetFieldByIndex(0);
        Assert.Equal("1", id.Metadata[ArrowSchemas.IdKey]);
        Assert.Equal("arrow.uuid", id.Metadata["ARROW:extension:name"]);
        Assert.Equal(16, Assert.IsType<FixedSizeBinaryType>(id.DataType).ByteWidth);
        Assert.False(id.IsNullable);
        var map = Assert.IsType<MapType>(schema.GetFieldByIndex(1).DataType);
        Assert.Equal("3", map.KeyField.Metadata[ArrowSchemas.IdKey]);
        Assert.Equal("4", map.ValueField.Metadata[ArrowSchemas.IdKey]);
        Assert.True(map.ValueField.IsNullable);
    }

    [Fact]
    public void Columns_come_in_the_order_asked_for_and_system_columns_last()
    {
        var schema = ArrowSchemas.ToArrow(Nested, [new ColumnId(2), new ColumnId(1)], change: true, version: true);

        Assert.Equal(["tags", "id", "_change", "_version"], schema.FieldsList.Select(f => f.Name));
    }

    [Fact]
    public void An_unknown_column_is_refused()
    {
        var refusal = Assert.Throws<GridException>(() => ArrowSchemas.ToArrow(Nested, [new ColumnId(9)], change: false, version: false));

        Assert.Equal(GridErrorCode.UnknownColumn, refusal.Code);
    }
}
