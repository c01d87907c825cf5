using System.Globalization;
using CsCheck;
using Grid.Abstractions;
using Grid.Client;
using Grid.Sql.Statements;
using Grid.Testing;
using Grid.Testing.Rows;

namespace Grid.Sql.Tests;

/// <summary>What is taken out of where clauses spares rows and never costs one.</summary>
public sealed class FilterTests(SqlGrid grid) : IClassFixture<SqlGrid>
{
    private static readonly TableSchema Schema = SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("air", "t"),
        Columns =
        [
            new Column("i", DataType.Int64), new Column("small", DataType.Int8), new Column("s", DataType.String), new Column("d", DataType.Decimal(10, 2)), new Column("f", DataType.Float64), new Column("r", DataType.Float32),
            new Column("b", DataType.Boolean), new Column("day", DataType.Date), new Column("ts", DataType.Timestamp), new Column("tz", DataType.TimestampUtc), new Column("u", DataType.Uuid), new Column("l", DataType.List(DataType.Int32)),
        ],
    });

    [Theory]
    [InlineData("from air.t where i > 5", "i > 5")]
    [InlineData("from air.t where 5 < i and s = 'x'", "i > 5 and s = 'x'")]
    [InlineData("from air.t x where x.i between 1 and 3 or x.i is null", "i >= 1 and i <= 3 or i is null")]
    [InlineData("from air.t where i in (1, 2) and not b", "i = 1 or i = 2")]
    [InlineData("from air.t where d = 1.5 and d <> 2", "d = 1.5 and d <> 2")]
    [InlineData("from air.t where d > 1.555", null)]
    [InlineData("from air.t where i > 1.5", null)]
    [InlineData("from air.t where s = 5", null)]
    [InlineData("from air.t where small = 1000", null)]
    [InlineData("from air.t where f > 1 and f < 2.5 and f <> 1e3", "f > 1 and f < 2.5 and f <> 1000")]
    [InlineData("from air.t where r > 1", null)]
    [InlineData("from air.t where b = true and day >= date '2026-01-31' and ts < timestamp '2026-01-31 10:00:00'", "b = true and day >= '2026-01-31' and ts < '2026-01-31T10:00:00'")]
    [InlineData("from air.t where day = '2026-01-31' and tz > '2026-01-31T10:00:00Z'", "day = '2026-01-31' and tz > '2026-01-31T10:00:00Z'")]
    [InlineData("from air.t where day < timestamp '2026-01-31 10:00:00'", null)]
    [InlineData("from air.t where ts > date '2026-01-31'", null)]
    [InlineData("from air.t where i + 1 > 5", null)]
    [InlineData("from air.t where i > 5 or s like 'x%'", null)]
    [InlineData("from air.t where i > 5 and s like 'x%'", "i > 5")]
    [InlineData("from air.t where s = 'x' collate nocase", null)]
    [InlineData("from air.t where i::varchar = '5'", null)]
    [InlineData("from air.t where i > $1 and s = $2", "i > 7 and s = 'p'")]
    [InlineData("from air.t where small = $2", null)]
    [InlineData("from air.t tablesample 10% where i > 5", null)]
    [InlineData("from air.t as x(a, i) where i > 5", null)]
    [InlineData("from air.t a left join air.o b on a.i = b.i where a.s = 'x' and b.s = 'y'", "s = 'x'")]
    [InlineData("from air.o b left join air.t a on a.i = b.i where a.s = 'x'", null)]
    [InlineData("from air.o b right join air.t a on a.i = b.i where a.s = 'x'", "s = 'x'")]
    [InlineData("from air.o b full join air.t a on a.i = b.i where a.s = 'x'", null)]
    [InlineData("from air.t a join air.o b on a.i = b.i where s = 'x'", null)]
    [InlineData("from air.t a asof join air.o b on a.i >= b.i where a.s = 'x'", null)]
    [InlineData("from air.t a positional join air.o b where a.s = 'x'", null)]
    [InlineData("from air.t a, range(5) r where i > 5", null)]
    [InlineData("from air.t a, range(5) r where a.i > 5", "i > 5")]
    [InlineData("select * from (from air.t where i > 5) where s = 'x'", "i > 5")]
    [InlineData("with c as (from air.t where i > 5) from c where s = 'x'", "i > 5")]
    [InlineData("from air.t where i > 5 union all from air.t where i < 2", "i > 5 or i < 2")]
    [InlineData("from air.t where i > 5 union all from air.t", null)]
    [InlineData("from air.o where exists (from air.t where t.i = o.i and t.s = 'x')", "s = 'x'")]
    [InlineData("select i as s from air.t where s = 'x'", "s = 'x'")]
    public void Conditions_on_a_tables_columns_are_found_where_they_mean_the_same(string sql, string? expected)
    {
        using var parser = new StatementParser();
        var parameters = new Dictionary<string, object?> { ["1"] = 7, ["2"] = "p" };
        var statement = parser.Parse(sql);
        var filter = new FilterExtraction(_ => Schema, parameters).Of([.. statement.Tables.Where(table => table.Table == "t")]);

        Assert.Equal(expected is null ? null : Text(PredicateEvaluator.Parse(expected, Schema)), filter is null ? null : Text(filter));
    }

    [Fact]
    public async Task A_statement_gives_the_same_rows_whether_conditions_are_taken_out_or_not()
    {
        var columns = Schema.Columns.Where(column => !column.Type.IsNested).ToArray();
        var schema = Schema with { Columns = [.. columns] };
        await using var table = await grid.Client.CreateTableAsync(new CreateTable
        {
            Path = new TablePath("air", "filtered"),
            Columns = [.. columns.Select(column => column with { Id = default })],
            Options = new TableOptions { Buckets = 2, Lake = LakeMode.On, LakeFreshnessMs = 86_400_000 },
        });
        var random = new Random(5);
        var rows = new List<object?[]>();
        for (var round = 0; round < 8; round++)
        {
            using var batch = Generators.NextBatch(schema, 4, random);
            rows.AddRange(ArrowRows.Read(columns, batch));
            await table.AppendAsync(batch);
            if (round < 5)
                await table.FlushLakeAsync();
        }

        await Generators.Random.SampleAsync(
            async seed =>
            {
                var condition = NextCondition(columns, rows, seed, depth: 2);
                // Behind a function, no condition is one on a column.
                var whole = await grid.RowsAsync($"select count(*) from air.filtered where {condition}");
                var plain = await grid.RowsAsync($"select count(*) from air.filtered where coalesce(({condition}), false)");
                Assert.True(plain.SequenceEqual(whole), $"{condition}: {whole[0]} of {plain[0]} rows");
            },
            iter: 150,
            threads: 1);
    }

    private static string NextCondition(Column[] columns, List<object?[]> rows, Random random, int depth)
    {
        if (depth > 0 && random.Next(2) == 0)
            return $"({NextCondition(columns, rows, random, depth - 1)}) {(random.Next(2) == 0 ? "and" : "or")} ({NextCondition(columns, rows, random, depth - 1)})";
        var index = random.Next(columns.Length);
        var column = columns[index];
        var value = rows[random.Next(rows.Count)][index];
        if (value is null || random.Next(6) == 0)
            return $"{column.Name} is {(random.Next(2) == 0 ? "not " : "")}null";
        string[] operators = ["=", "<>", "<", "<=", ">", ">="];
        var literal = Literal(column.Type, value, random);
        return random.Next(5) switch
        {
            0 => $"{column.Name} in ({literal}, {literal})",
            1 => $"{column.Name} between {literal} and {literal}",
            2 => $"{literal} {operators[random.Next(6)]} {column.Name}",
            _ => $"{column.Name} {operators[random.Next(6)]} {literal}",
        };
    }

    private static string Literal(DataType type, object value, Random random)
    {
        var text = ValueText.Format(type, value);
        return type.Kind switch
        {
            TypeKind.Int8 or TypeKind.Int64 or TypeKind.Decimal or TypeKind.Boolean when random.Next(2) == 0 => text,
            TypeKind.Float64 when double.IsFinite((double)value) && random.Next(2) == 0 => text,
            TypeKind.Date when random.Next(2) == 0 => $"date '{text}'",
            TypeKind.Timestamp when random.Next(2) == 0 => $"timestamp '{text}'",
            _ => SqlText.Literal(text.Replace("\0", "", StringComparison.Ordinal)),
        };
    }

    private static string Text(Predicate predicate) => predicate switch
    {
        AndPredicate and => $"({string.Join(" and ", and.Parts.Select(Text))})",
        OrPredicate or => $"({string.Join(" or ", or.Parts.Select(Text))})",
        NotPredicate not => $"not {Text(not.Part)}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{predicate}"),
    };
}
