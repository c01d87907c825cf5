using Apache.Arrow;
using CsCheck;
using Grid.Abstractions;
using Grid.Client;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Sql.Tests;

/// <summary>Values of every type come out as they went in, from the lake, from the log, and from a shard.</summary>
public sealed class TypesTests(SqlGrid grid) : IClassFixture<SqlGrid>
{
    private static int _tables;

    [Fact]
    public Task Every_type_reads_the_same_from_the_lake_and_from_the_log() =>
        Generators.Random.SampleAsync(
            async random =>
            {
                var schema = Generators.NextSchema(random, columnsMax: 6, primaryKey: false, depth: 2);
                await using var table = await CreateAsync(schema, LakeMode.On);
                var expected = new List<object?[]>();
                for (var part = 0; part < 2; part++)
                {
                    var batch = DistinctKeys(schema, Generators.NextBatch(schema, random.Next(1, 40), random));
                    expected.AddRange(ArrowRows.Read(schema.Columns, batch));
                    await table.AppendAsync(batch);
                    if (part == 0)
                        await table.FlushLakeAsync();
                }

                Assert.Equal(Sorted(expected), Sorted(await ReadAsync(table)));
            },
            iter: 25,
            threads: 1);

    [Fact]
    public Task Every_type_reads_the_same_from_a_primary_key_table() =>
        Generators.Random.SampleAsync(
            async random =>
            {
                var schema = Generators.NextSchema(random, columnsMax: 6, primaryKey: true, depth: 2);
                await using var table = await CreateAsync(schema, LakeMode.None);
                await table.UpsertAsync(DistinctKeys(schema, Generators.NextBatch(schema, random.Next(1, 40), random)));
                var expected = new List<object?[]>();
                await foreach (var batch in table.ScanAsync())
                    using (batch)
                        expected.AddRange(ArrowRows.Read(table.Info.Schema.Columns, batch.Rows));

                Assert.Equal(Sorted(expected), Sorted(await ReadAsync(table)));
            },
            iter: 20,
            threads: 1);

    private async Task<GridTable> CreateAsync(TableSchema schema, LakeMode lake) => await grid.Client.CreateTableAsync(new CreateTable
    {
        Path = new TablePath("air", $"t{Interlocked.Increment(ref _tables)}"),
        Columns = schema.Columns,
        PrimaryKey = [.. schema.PrimaryKey.Select(id => schema.GetColumn(id).Name)],
        Options = new TableOptions { Buckets = 2, Lake = lake, LakeFreshnessMs = 86_400_000 },
    });

    private async Task<List<object?[]>> ReadAsync(GridTable table)
    {
        Column[] columns = [.. table.Info.Schema.Columns.Select(column => column with { Type = Read(column.Type) })];
        var rows = new List<object?[]>();
        await foreach (var batch in grid.Sql.QueryAsync($"select * from {table.Info.Path}"))
            rows.AddRange(ArrowRows.Read(columns, batch));
        return rows;
    }

    // Bytes of a fixed length are bytes to DuckDB.
    private static DataType Read(DataType type) => type.Kind == TypeKind.FixedBinary ? DataType.Binary
        : type.IsNested ? type with { Children = [.. type.Children.Select(child => child with { Type = Read(child.Type) })] } : type;

    /// <summary>Without maps that have a key twice, which DuckDB has not.</summary>
    private static RecordBatch DistinctKeys(TableSchema schema, RecordBatch batch) =>
        ArrowRows.Build(schema, [.. ArrowRows.Read(schema.Columns, batch).Select(row => row.Select((value, i) => Distinct(schema.Columns[i].Type, value)).ToArray())]);

    private static object? Distinct(DataType type, object? value)
    {
        if (value is not object?[] items || !type.IsNested)
            return value;
        return type.Kind switch
        {
            TypeKind.List => items.Select(item => Distinct(type.Children[0].Type, item)).ToArray(),
            TypeKind.Struct => items.Select((item, i) => Distinct(type.Children[i].Type, item)).ToArray(),
            _ => items.Cast<object?[]>().DistinctBy(pair => ArrowRows.Text(pair[0]).Replace("-0", "0", StringComparison.Ordinal)).Select(pair => (object?)new[] { pair[0], Distinct(type.Children[1].Type, pair[1]) }).ToArray(),
        };
    }

    private static string Sorted(IEnumerable<object?[]> rows) => string.Join('\n', rows.Select(row => ArrowRows.Text(row)).Order(StringComparer.Ordinal));
}
