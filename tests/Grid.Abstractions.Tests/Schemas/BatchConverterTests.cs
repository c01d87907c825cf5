using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Schemas;

public sealed class BatchConverterTests
{
    [Fact]
    public void A_converted_batch_has_the_converted_rows() => Generators.Random.Sample(random =>
    {
        var from = Generators.NextSchema(random, columnsMax: 6, primaryKey: random.Next(2) == 0, depth: 2);
        var to = from;
        for (var times = random.Next(4); times > 0; times--)
            to = Change(to, random);
        var batch = Generators.NextBatch(from, random.Next(30), random);
        var rows = ArrowRows.Read(from.Columns, batch);

        var converter = new BatchConverter(from, null, to, null);
        var converted = converter.Convert(batch);
        Assert.Equal(ArrowRows.Text(rows.Select(row => ConvertRow(from, row, to))), ArrowRows.Text(ArrowRows.Read(to.Columns, converted)));
        Assert.Equal(to.Columns.Select(c => c.Name), converted.Schema.FieldsList.Select(f => f.Name));
        if (converter.IsIdentity)
            Assert.Same(batch, converted);

        // A second, shorter batch uses what the first one made.
        var shorter = converter.Convert(batch.Slice(0, batch.Length / 2));
        Assert.Equal(ArrowRows.Text(rows.Take(batch.Length / 2).Select(row => ConvertRow(from, row, to))), ArrowRows.Text(ArrowRows.Read(to.Columns, shorter)));
    }, iter: 2000);

    [Fact]
    public void Any_columns_convert_to_any_columns_and_system_columns_pass() => Generators.Random.Sample(random =>
    {
        var schema = Generators.NextSchema(random, columnsMax: 8, primaryKey: false, depth: 1);
        schema = schema with { Columns = [.. schema.Columns.Select(c => c.Default is null ? c with { Nullable = true } : c)] };
        var (have, want) = (Some(schema, random), Some(schema, random));
        var rows = random.Next(20);
        var full = Generators.NextBatch(schema, rows, random);
        var change = ArrowRows.Build(new Column("x", DataType.Int8, nullable: false), [.. Enumerable.Range(0, rows).Select(i => (object)(sbyte)(i % 4))]);
        var batch = new RecordBatch(ArrowSchemas.ToArrow(schema, have, change: true, version: false), [.. have.Select(id => full.Column(schema.IndexOf(id))), change], rows);

        var converter = new BatchConverter(schema, have, schema, want);
        var converted = converter.Convert(batch);
        Assert.Equal(have.SequenceEqual(want), converter.IsIdentity);
        Assert.Equal(want.Length + 1, converted.ColumnCount);
        Assert.Same(change, converted.Column(want.Length));
        Assert.Equal([.. want.Select(id => schema.GetColumn(id).Name), SystemColumns.ChangeName], converted.Schema.FieldsList.Select(f => f.Name));
        for (var i = 0; i < want.Length; i++)
        {
            var column = schema.GetColumn(want[i]);
            var missing = column.Default is null ? null : ValueText.Parse(column.Type, column.Default);
            for (var row = 0; row < rows; row++)
                Assert.Equal(
                    ArrowRows.Text(have.Contains(want[i]) ? ArrowRows.Read(column.Type, full.Column(schema.IndexOf(want[i])).Data, row) : missing),
                    ArrowRows.Text(ArrowRows.Read(column.Type, converted.Column(i).Data, row)));
        }
    }, iter: 1000);

    [Fact]
    public void What_cannot_be_converted_is_refused()
    {
        var schema = SchemaEvolution.Create(new CreateTable
        {
            Path = new TablePath("test", "t"),
            Columns = [new Column("id", DataType.Int32, nullable: false), new Column("n", DataType.Int32)],
        });
        var wide = SchemaEvolution.Apply(schema, [new WidenColumn("n", DataType.Int64)]);
        var stale = Assert.Throws<GridException>(() => new BatchConverter(wide, null, schema, null));
        Assert.Equal((GridErrorCode.SchemaStale, 2), (stale.Code, stale.Detail));
        Refused(GridErrorCode.NullNotAllowed, () => new BatchConverter(schema, [schema.Columns[1].Id], schema, null));
        Refused(GridErrorCode.UnknownColumn, () => new BatchConverter(schema, null, schema, [new ColumnId(7)]));
        var batch = ArrowRows.Build(schema, [[1, 2]]);
        Refused(GridErrorCode.SchemaMismatch, () => new BatchConverter(wide, null, SchemaEvolution.Apply(wide, [new DropColumn("id")]), null).Convert(batch));
        Refused(GridErrorCode.SchemaMismatch, () => new BatchConverter(schema, null, wide, null).Convert(new RecordBatch(batch.Schema, [batch.Column(0)], 1)));
    }

    [Fact]
    public void Columns_widened_since_narrow_again_where_asked_and_where_the_values_fit()
    {
        var schema = SchemaEvolution.Create(new CreateTable
        {
            Path = new TablePath("test", "t"),
            Columns = [new Column("n", DataType.Int32), new Column("r", DataType.Float32), new Column("d", DataType.Decimal(4, 2))],
        });
        var wide = SchemaEvolution.Apply(schema, [new WidenColumn("n", DataType.Int64), new WidenColumn("r", DataType.Float64), new WidenColumn("d", DataType.Decimal(8, 2))]);
        var converter = new BatchConverter(wide, null, schema, null, narrow: true);
        object?[][] fitting = [[(long)int.MaxValue, 0.5, 99.99m], [(long)int.MinValue, double.NaN, -99.99m], [null, double.NegativeInfinity, null], [0L, null, 0.00m]];
        var read = ArrowRows.Read(schema.Columns, converter.Convert(ArrowRows.Build(wide, fitting)));
        Assert.Equal(ArrowRows.Text([[int.MaxValue, 0.5f, 99.99m], [int.MinValue, float.NaN, -99.99m], [null, float.NegativeInfinity, null], [0, null, 0.00m]]), ArrowRows.Text(read));

        foreach (var misfit in (object?[][])[[int.MaxValue + 1L, 0.5, 1m], [1L, 0.1, 1m], [1L, 0.5, 100m], [1L, double.MaxValue, 1m]])
        {
            var stale = Assert.Throws<GridException>(() => converter.Convert(ArrowRows.Build(wide, [fitting[0], misfit])));
            Assert.Equal((GridErrorCode.SchemaStale, 2), (stale.Code, stale.Detail));
        }
    }

    [Fact]
    public void Missing_columns_take_bounded_memory()
    {
        var narrow = SchemaEvolution.Create(new CreateTable { Path = new TablePath("test", "t"), Columns = [new Column("b", DataType.Boolean)] });
        var wide = SchemaEvolution.Apply(narrow, [new AddColumn(new Column("f", DataType.FixedBinary(65_535)))]);
        var rows = 1 << 20;
        var bits = new ArrowBuffer(new byte[rows / 8]);
        var batch = new RecordBatch(ArrowSchemas.ToArrow(narrow), [new BooleanArray(bits, ArrowBuffer.Empty, rows, 0, 0)], rows);
        Refused(GridErrorCode.TooLarge, () => new BatchConverter(narrow, null, wide, null).Convert(batch));
    }

    private static void Refused(GridErrorCode code, Func<object> action) => Assert.Equal(code, Assert.Throws<GridException>(action).Code);

    private static ColumnId[] Some(TableSchema schema, Random random)
    {
        ColumnId[] ids = [.. schema.Columns.Select(c => c.Id)];
        random.Shuffle(ids);
        return ids[..random.Next(ids.Length + 1)];
    }

    private static object?[] ConvertRow(TableSchema from, object?[] row, TableSchema to) => [.. to.Columns.Select(column =>
    {
        var index = from.IndexOf(column.Id);
        var value = index >= 0 ? row[index] : column.Default is null ? null : ValueText.Parse(column.Type, column.Default);
        return (value, column.Type.Kind) switch
        {
            (int number, TypeKind.Int64) => (long)number,
            (float number, TypeKind.Float64) => (double)number,
            ({ } number, TypeKind.Decimal) => ValueText.Parse(column.Type, ValueText.Format(column.Type, number)),
            _ => value,
        };
    })];

    private static TableSchema Change(TableSchema schema, Random random)
    {
        var column = schema.Columns[random.Next(schema.Columns.Length)];
        var free = !schema.PrimaryKey.Contains(column.Id) && !schema.BucketKey.Contains(column.Id);
        var name = $"n{schema.Version.Value} {random.Next(1000)}";
        var type = Generators.NextType(random, 2);
        var added = new Column(name, type);
        if (!type.IsNested && random.Next(2) == 0)
            added = added with { Nullable = random.Next(2) == 0, Default = ValueText.Format(type, RandomValues.Next(type, random)) };
        var shuffled = schema.Columns.Select(c => c.Name).ToArray();
        random.Shuffle(shuffled);
        SchemaChange change = (random.Next(5), column.Type.Kind) switch
        {
            (0, _) when free && schema.Columns.Length > 1 => new DropColumn(column.Name),
            (1, _) => new RenameColumn(column.Name, name),
            (2, _) => new ReorderColumns([.. shuffled]),
            (3 or 4, TypeKind.Int32) when free => new WidenColumn(column.Name, DataType.Int64),
            (3 or 4, TypeKind.Float32) when free => new WidenColumn(column.Name, DataType.Float64),
            (3 or 4, TypeKind.Decimal) when free && column.Type.Precision < 38 =>
                new WidenColumn(column.Name, DataType.Decimal(random.Next(column.Type.Precision + 1, 39), column.Type.Scale)),
            _ => new AddColumn(added),
        };
        return SchemaEvolution.Apply(schema, [change]);
    }
}
