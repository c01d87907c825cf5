using Grid.Abstractions;
using Grid.Client;
using Grid.Sql.Lake;

namespace Grid.Sql.Tests;

/// <summary>A table in a statement is what is in its lake and what is in its log, each row once.</summary>
public sealed class UnionTests(SqlGrid grid) : IClassFixture<SqlGrid>
{
    private sealed record Event(long Id, string Kind, [property: Column(Type = "decimal(18,2)")] decimal Amount);

    private sealed record Account([property: Key] long Id, string Name, int Points);

    private static readonly TableOptions Tiered = new() { Buckets = 3, Lake = LakeMode.On, LakeFreshnessMs = 86_400_000 };

    [Fact]
    public async Task Rows_of_the_lake_and_of_the_log_come_once_each()
    {
        await using var table = await grid.Client.CreateTableAsync<Event>("air.once", Tiered);
        Assert.Equal(["0"], await grid.RowsAsync("select count(*) from air.once"));
        await table.AppendAsync(Events(0, 5000));
        Assert.Equal(["5000|12497500"], await grid.RowsAsync("select count(*), sum(id) from air.once"));
        await table.Untyped.FlushLakeAsync();
        Assert.Equal(["5000|12497500"], await grid.RowsAsync("select count(*), sum(id) from air.once"));
        await table.AppendAsync(Events(5000, 3000));
        Assert.Equal(["8000|31996000|8000"], await grid.RowsAsync("select count(*), sum(id), count(distinct id) from air.once"));
        Assert.Equal(["5000"], await grid.RowsAsync("select count(*) from air.once$lake"));
        await table.Untyped.FlushLakeAsync();
        Assert.Equal(["8000|31996000|8000"], await grid.RowsAsync("select count(*), sum(id), count(distinct id) from air.once"));
        Assert.Equal(["8000"], await grid.RowsAsync("select count(*) from air.once$lake"));
    }

    [Fact]
    public async Task Where_files_cannot_be_read_here_the_grid_reads_them()
    {
        await using var table = await grid.Client.CreateTableAsync<Event>("air.far", Tiered);
        await table.AppendAsync(Events(0, 500));
        await table.Untyped.FlushLakeAsync();
        await table.AppendAsync(Events(500, 300));
        await using var sql = GridSql.Open(grid.Client, new GridSqlOptions { LakeFiles = new NoFiles() });

        Assert.Equal(["800|319600"], await SqlGrid.RowsAsync(sql, "select count(*), sum(id) from air.far"));
        Assert.Equal(["500|124750"], await SqlGrid.RowsAsync(sql, "select count(*), sum(id) from air.far$lake"));
        Assert.Equal(["+I|800"], await SqlGrid.RowsAsync(sql, "select _change, count(*) from air.far$changes group by all"));
    }

    [Fact]
    public async Task Rows_that_come_while_a_statement_runs_are_not_in_it()
    {
        await using var table = await grid.Client.CreateTableAsync<Event>("air.running", Tiered with { Buckets = 1 });
        await table.AppendAsync(Events(0, 100_000));
        await using var result = await grid.Sql.ExecuteAsync("select id from air.running");
        await table.AppendAsync(Events(100_000, 1000));
        var rows = 0;
        await foreach (var batch in result)
            rows += batch.Length;

        Assert.Equal(100_000, rows);
        Assert.Equal(["0"], await grid.RowsAsync("select count(*) from air.running a full join air.running b using (id) where a.kind is null or b.kind is null"));
    }

    [Fact]
    public async Task Files_of_every_schema_version_read_as_the_present_one()
    {
        await using var table = await grid.Client.CreateTableAsync<Event>("air.changing", Tiered with { Buckets = 1 });
        await table.AppendAsync(Events(0, 10));
        await table.Untyped.FlushLakeAsync();
        await grid.Client.AlterTableAsync("air.changing", new RenameColumn("kind", "sort"), new AddColumn(new Column("n", DataType.Int32, nullable: false) { Default = "7" }), new DropColumn("amount"),
            new AddColumn(new Column("raw", DataType.Binary, nullable: false) { Default = "00ff41" }), new AddColumn(new Column("note", DataType.String)),
            new AddColumn(new Column("odd", DataType.String, nullable: false) { Default = "it's\0 a" }));

        Assert.Equal(["3|k0|7|-"], await grid.RowsAsync("select id, sort, n, note from air.changing where id = 3"));
        Assert.Equal(["00FF41|10"], await grid.RowsAsync("select hex(raw), count(*) from air.changing group by all"));
        Assert.Equal(["10"], await grid.RowsAsync("select count(*) from air.changing where n = 7"));
        Assert.Equal(["it's\0 a"], await grid.RowsAsync("select distinct odd from air.changing"));
    }

    [Fact]
    public async Task A_primary_key_table_reads_as_it_is_now_however_often_it_is_named()
    {
        await using var table = await grid.Client.CreateTableAsync<Account>("air.accounts", new TableOptions { Buckets = 2 });
        await table.UpsertAsync(Enumerable.Range(0, 1000).Select(i => new Account(i, $"name {i}", i)));
        await table.UpsertAsync(new Account(5, "five", 5000));
        await table.DeleteAsync(new Account(6, "", 0));

        Assert.Equal(["999|504489"], await grid.RowsAsync("select count(*), sum(points) from air.accounts"));
        Assert.Equal(["five|5000"], await grid.RowsAsync("select name, points from air.accounts where id = 5"));
        Assert.Equal(["999"], await grid.RowsAsync("select count(*) from air.accounts a join air.accounts b using (id) where a.name = b.name"));
        Assert.Equal(["+I|1000", "+U|1", "-D|1", "-U|1"], await grid.RowsAsync("select _change, count(*) from air.accounts$changes group by 1 order by 1"));
        Assert.Equal(["+U|five"], await grid.RowsAsync("select _change, name from air.accounts$changes where _change = '+U'"));
    }

    [Fact]
    public async Task Changes_tell_bucket_offset_and_time_and_files_and_buckets_what_lies_where()
    {
        await using var table = await grid.Client.CreateTableAsync<Event>("air.places", Tiered);
        await table.AppendAsync(Events(0, 300));
        await table.Untyped.FlushLakeAsync();
        await table.AppendAsync(Events(300, 100));

        Assert.Equal(["400|400|400|true"], Lower(await grid.RowsAsync(
            "select count(*), count(distinct (__bucket, __offset)), count(distinct id), bool_and(__timestamp > now() - interval 1 hour) from air.places$changes")));
        Assert.Equal(["300|data"], await grid.RowsAsync("select sum(rows), min(content) from air.places$files"));
        Assert.Equal(["3|300|400"], await grid.RowsAsync("select count(*), sum(tiered), sum(high_watermark) from air.places$buckets"));
    }

    [Fact]
    public async Task A_file_that_is_gone_makes_the_statement_begin_again_from_a_new_snapshot()
    {
        await using var table = await grid.Client.CreateTableAsync<Event>("air.gone", Tiered with { Buckets = 1 });
        await table.AppendAsync(Events(0, 100));
        await table.Untyped.FlushLakeAsync();
        var files = new VanishingFiles(grid["vanishing"]);
        await using var sql = GridSql.Open(grid.Client, new GridSqlOptions { LakeFiles = files });

        Assert.Equal(["100|4950"], await SqlGrid.RowsAsync(sql, "select count(*), sum(id) from air.gone"));
        Assert.Equal(2, files.Opened);
    }

    private static Event[] Events(int first, int count) => [.. Enumerable.Range(first, count).Select(i => new Event(i, $"k{i % 3}", i / 4m))];

    private static IEnumerable<string> Lower(IEnumerable<string> rows) => rows.Select(row => row.ToLowerInvariant());

    private sealed class NoFiles : ILakeFileSource
    {
        public ValueTask<LakeFileLease?> OpenAsync(LakeDataFile file, CancellationToken cancellationToken) => ValueTask.FromResult<LakeFileLease?>(null);
    }

    /// <summary>The first time, files are named that are not there.</summary>
    private sealed class VanishingFiles(string path) : ILakeFileSource
    {
        public int Opened { get; private set; }

        public ValueTask<LakeFileLease?> OpenAsync(LakeDataFile file, CancellationToken cancellationToken) =>
            Opened++ == 0 ? ValueTask.FromResult<LakeFileLease?>(new LakeFileLease(path)) : LocalLakeFiles.Instance.OpenAsync(file, cancellationToken);
    }
}
