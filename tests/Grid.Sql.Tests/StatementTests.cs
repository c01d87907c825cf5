using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Sql.Tests;

public sealed class StatementTests(SqlGrid grid) : IClassFixture<SqlGrid>, IAsyncLifetime
{
    private sealed record Flight(long Id, string Origin, int Delay, DateOnly Day);

    private sealed record Airport([property: Key] string Code, string City);

    public async Task InitializeAsync()
    {
        if ((await grid.Client.ListTablesAsync("air")).Length > 0)
            return;
        await using var flights = await grid.Client.CreateTableAsync<Flight>("air.flights", new TableOptions { Buckets = 2, Lake = LakeMode.On, LakeFreshnessMs = 86_400_000 });
        await flights.AppendAsync(Enumerable.Range(0, 100).Select(i => new Flight(i, i % 2 == 0 ? "SFO" : "JFK", i, new DateOnly(2026, 1, 1).AddDays(i))));
        await flights.Untyped.FlushLakeAsync();
        await flights.AppendAsync(Enumerable.Range(100, 20).Select(i => new Flight(i, "LAX", i, new DateOnly(2026, 1, 1).AddDays(i))));
        await using var airports = await grid.Client.CreateTableAsync<Airport>("air.airports");
        await airports.UpsertAsync([new Airport("SFO", "San Francisco"), new Airport("JFK", "New York"), new Airport("LAX", "Los Angeles")]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("select city, count(*), max(delay) from air.flights f join air.airports a on f.origin = a.code group by city order by city", "Los Angeles|20|119;New York|50|99;San Francisco|50|98")]
    [InlineData("from air.flights select count(*) where day between date '2026-01-03' and '2026-01-05'", "3")]
    [InlineData("with late as (select * from air.flights where delay >= 90) select origin, count(*) from late group by 1 order by 1", "JFK|5;LAX|20;SFO|5")]
    [InlineData("with recursive n as (select 1 as i union all select i + 1 from n where i < 5) select sum(i) from n", "15")]
    [InlineData("values (1, 'a'), (2, 'b')", "1|a;2|b")]
    [InlineData("select origin, row_number() over (order by id desc) from air.flights qualify row_number() over (order by id desc) <= 2", "LAX|1;LAX|2")]
    [InlineData("select count(*) from AIR.Flights where ORIGIN = 'LAX'", "20")]
    [InlineData("select x.id from air.\"flights\" as x where x.id in (select max(id) from air.flights)", "119")]
    [InlineData("select count(*) from air.airports a left join air.flights f on f.origin = a.code and f.delay > 1000 where f.id is null", "3")]
    [InlineData("select * from (pivot (select origin from air.flights) on origin in ('SFO', 'LAX') using count(*))", "50|20")]
    [InlineData("select count(*) from range(10)", "10")]
    [InlineData("select list_sum(list_transform([1, 2], lambda x: x + 1)), coalesce(null, 3), case when true then 1 else 2 end", "5|3|1")]
    [InlineData("select count(*) from air.flights, air.airports where code = 'SFO' and delay < 10", "10")]
    [InlineData("select unnest([1, 2])", "1;2")]
    [InlineData("show databases", "air")]
    [InlineData("show tables", "air.airports;air.flights")]
    public async Task Statements_give_their_rows(string sql, string rows) => Assert.Equal(rows.Split(';'), await grid.RowsAsync(sql));

    [Fact]
    public async Task Describe_summarize_and_explain_tell_of_tables_and_statements()
    {
        Assert.Equal(["id|BIGINT", "origin|VARCHAR", "delay|INTEGER", "day|DATE"], (await grid.RowsAsync("describe air.flights")).Select(row => string.Join('|', row.Split('|')[..2])));
        Assert.Equal(4, (await grid.RowsAsync("summarize air.flights")).Count);
        var plan = string.Join('\n', await grid.RowsAsync("explain select origin from air.flights where delay = 5"));
        Assert.Contains("delay=5", plan, StringComparison.Ordinal);
        Assert.Contains("PARQUET", plan, StringComparison.Ordinal);
        Assert.Contains("Total Time", string.Join('\n', await grid.RowsAsync("EXPLAIN /* why */ ANALYZE select count(*) from air.flights")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_are_bound_by_number_and_by_name()
    {
        Assert.Equal(["20"], await grid.RowsAsync("select count(*) from air.flights where delay >= $1 and origin = $2", 100, "LAX"));
        Assert.Equal(["20"], await grid.RowsAsync("select count(*) from air.flights where delay >= ? and origin = ?", 100L, "LAX"));
        var counts = new List<long>();
        await foreach (var batch in grid.Sql.QueryAsync("select count(*) from air.flights where day = $day", new Dictionary<string, object?> { ["day"] = new DateOnly(2026, 1, 3) }))
            counts.Add(((Int64Array)batch.Column(0)).Values[0]);
        Assert.Equal([1], counts);

        var id = Guid.NewGuid();
        Assert.Equal([$"True|-5|1.5|2.25|x|{id}|-|12345678901234567890.12"], await grid.RowsAsync("select $1, $2, $3, $4, $5, $6, $7, $8", true, -5, 1.5, 2.25m, "x", id, null, 12345678901234567890.12m));
        Assert.Equal(["2026-01-02 03:04:05|2026-01-02 03:04:05+00|01:02:03"], await grid.RowsAsync("select $1::varchar, $2::varchar, $3::varchar",
            new DateTime(2026, 1, 2, 3, 4, 5), new DateTimeOffset(2026, 1, 2, 4, 4, 5, TimeSpan.FromHours(1)), new TimeOnly(1, 2, 3)));
        Assert.Equal(["00FF|-99999999999999999999999999.99|-170141183460469231731687303715884105728"], await grid.RowsAsync("select hex($1), $2, $3::varchar", new byte[] { 0, 255 }, -99999999999999999999999999.99m, Int128.MinValue));
        await RefusedAsync("select $1", "$1 has no value");
        await RefusedAsync("select 1", "no parameter $1", 5);
        await RefusedAsync("select $1", "StringBuilder", new System.Text.StringBuilder());
    }

    [Fact]
    public async Task A_result_tells_its_columns_also_without_rows()
    {
        await using var result = await grid.Sql.ExecuteAsync("select id, origin, day, avg(delay) as mean, sum(delay) as total from air.flights where false group by all");
        Assert.Equal(["id", "origin", "day", "mean", "total"], result.Schema.FieldsList.Select(field => field.Name));
        Assert.Equal([ArrowTypeId.Int64, ArrowTypeId.String, ArrowTypeId.Date32, ArrowTypeId.Double, ArrowTypeId.Decimal128], result.Schema.FieldsList.Select(field => field.DataType.TypeId));
        await foreach (var batch in result)
            Assert.Fail($"{batch.Length} rows");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await result.GetAsyncEnumerator().MoveNextAsync());
    }

    [Theory]
    [InlineData("select origni from air.flights", "line 1, column 8", "origin")]
    [InlineData("select 1 from air.flight", "line 1, column 15", "Did you mean air.flights?")]
    [InlineData("select 1\nfrom aire.flights", "line 2, column 6", "Did you mean air?")]
    [InlineData("select cuont(*) from air.flights", "'cuont'", "Did you mean count")]
    [InlineData("select 1 from flights", "say database.table", "")]
    [InlineData("select\n  1 +", "line 2", "syntax error")]
    [InlineData("select 1/0 as x, error('boom')", "boom", "")]
    [InlineData("select cast('x' as integer)", "Could not convert", "")]
    [InlineData("select 1; select 2", "one at a time", "")]
    [InlineData("", "There is no statement", "")]
    [InlineData("select 1 from air.flights$colour", "no '$colour'", "$changes")]
    [InlineData("from a.b.c", "three parts", "")]
    [InlineData("from information_schema.tables", "information_schema", "")]
    public async Task What_is_wrong_is_told_with_its_place(string sql, string part, string other)
    {
        var refusal = await RefusedAsync(sql, part);
        Assert.Contains(other, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public async Task A_statement_ends_when_its_time_is_over_or_its_reader_gives_up()
    {
        const string endless = "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = -1";
        await using var sql = GridSql.Open(grid.Client, new GridSqlOptions { Timeout = TimeSpan.FromMilliseconds(300), StatementsMax = 1 });
        var late = await Assert.ThrowsAsync<GridException>(() => SqlGrid.RowsAsync(sql, endless));
        Assert.Equal(GridErrorCode.Timeout, late.Code);
        // The next one gets its turn.
        Assert.Equal(["1"], await SqlGrid.RowsAsync(sql, "select 1"));

        using var stop = new CancellationTokenSource();
        var running = grid.Sql.ExecuteAsync(endless, cancellationToken: stop.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        await using var half = await grid.Sql.ExecuteAsync("select * from range(100000000)");
        await foreach (var batch in half)
        {
            Assert.True(batch.Length > 0);
            break;
        }
    }

    [Fact]
    public async Task A_statement_that_needs_more_memory_than_it_may_take_is_refused()
    {
        await using var sql = GridSql.Open(grid.Client, new GridSqlOptions { MemoryBytesMax = 32 << 20, Threads = 1 });
        var refusal = await Assert.ThrowsAsync<GridException>(() => SqlGrid.RowsAsync(sql, "select count(*) from (select range::varchar || 'some longer text' as x, count(*) from range(5000000) group by 1)"));
        Assert.Equal(GridErrorCode.TooLarge, refusal.Code);
        Assert.Equal(["3"], await SqlGrid.RowsAsync(sql, "select count(*) from air.airports"));
    }

    [Fact]
    public async Task What_does_not_fit_into_memory_goes_to_the_temporary_directory()
    {
        await using var sql = GridSql.Open(grid.Client, new GridSqlOptions { MemoryBytesMax = 64 << 20, Threads = 1, TemporaryDirectory = grid["spill"] });
        Assert.Equal(["3000000"], await SqlGrid.RowsAsync(sql, "select count(*) from (select range::varchar || 'some longer text that does not compress ' || hash(range) as x, count(*) from range(3000000) group by 1)"));
    }

    [Fact]
    public async Task What_a_read_fails_with_comes_out_of_the_statement_as_it_is()
    {
        await using var table = await grid.Client.CreateTableAsync<Flight>("air.dropped", new TableOptions { Buckets = 1 });
        await table.AppendAsync(new Flight(1, "X", 1, default));
        await using var sql = GridSql.Open(grid.Client);
        await using (var result = await sql.ExecuteAsync("select * from air.dropped"))
            await grid.Client.DropTableAsync("air.dropped");
        Assert.Equal(GridErrorCode.UnknownTable, (await Assert.ThrowsAsync<GridException>(() => SqlGrid.RowsAsync(sql, "select * from air.dropped"))).Code);
    }

    [Fact]
    public void Options_outside_their_range_are_refused_by_name()
    {
        GridSqlOptions[] wrong = [new() { MemoryBytesMax = 1 }, new() { Threads = 0 }, new() { Timeout = TimeSpan.Zero }, new() { StatementsMax = 0 }, new() { TemporaryBytesMax = 0 }];
        foreach (var options in wrong)
            Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => GridSql.Open(grid.Client, options)).Code);
    }

    private async Task<GridException> RefusedAsync(string sql, string part, params object?[] parameters)
    {
        var refusal = await Assert.ThrowsAsync<GridException>(() => grid.RowsAsync(sql, parameters));
        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }
}
