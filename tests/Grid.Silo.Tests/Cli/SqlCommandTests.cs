using Grid.Silo.Cli;
using Grid.Silo.Sql;

namespace Grid.Silo.Tests.Cli;

public sealed class SqlCommandTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestCli _cli;

    public SqlCommandTests() => _cli = new TestCli(_directory["data"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_statement_reads_lake_and_log_and_is_printed_as_table_json_or_csv()
    {
        await _cli.OkAsync("table create lab.events id:int64 kind:string day:date --lake on --buckets 1");
        await _cli.OkAsync("append", "lab.events", "--row", "{\"id\":1,\"kind\":\"a\",\"day\":\"2026-01-31\"}");
        await _cli.OkAsync("lake flush lab.events");
        await _cli.OkAsync("append", "lab.events", "--row", "{\"id\":2,\"kind\":\"b, c\"}");

        var table = await _cli.OkAsync("sql", "select id, kind, day from lab.events order by id");
        Assert.Equal("id  kind  day\n--  ----  ----------\n 1  a     2026-01-31\n 2  b, c  null\n", table.Out);
        Assert.StartsWith("2 rows in ", table.Error, StringComparison.Ordinal);
        Assert.Equal("{\"id\":1,\"kind\":\"a\",\"day\":\"2026-01-31\"}\n{\"id\":2,\"kind\":\"b, c\",\"day\":null}\n", (await _cli.OkAsync("sql", "select id, kind, day from lab.events order by id", "--json")).Out);
        Assert.Equal("id,kind,day\n1,a,2026-01-31\n2,\"b, c\",\n", (await _cli.OkAsync("sql", "select id, kind, day from lab.events order by id", "--csv")).Out);
        Assert.Equal("{\"id\":1,\"id\":2,\"total\":3}\n", (await _cli.OkAsync("sql", "select min(id) as id, max(id) as id, sum(id) as total from lab.events", "--json")).Out);
        Assert.Equal("{\"n\":2}\n{\"n\":1}\n", (await _cli.RunAsync(["sql", "--json"], "select count(*) as n from lab.events;\n-- ';' within\nselect count(*) as n\nfrom lab.events where kind <> 'x;y' and id = 1")).Out);

        await File.WriteAllTextAsync(_directory["report.sql"], "select 1 as a; select 'x' as b;");
        Assert.Equal("a\n1\nb\nx\n", (await _cli.OkAsync("sql", "--file", _directory["report.sql"], "--csv")).Out);
    }

    [Fact]
    public async Task What_cannot_be_run_is_refused_in_one_line()
    {
        await _cli.OkAsync("db create lab");
        var wrong = await _cli.RunAsync(["sql", "select 1 from lab.evnts"]);
        Assert.Equal((ExitCode.Failed, ""), (wrong.Code, wrong.Out));
        Assert.Equal("grid: SQL at line 1, column 15: there is no table 'lab.evnts'.\n", wrong.Error);
        Assert.Contains("only reads", (await _cli.RunAsync(["sql", "drop table lab.events"])).Error, StringComparison.Ordinal);
        Assert.Contains("may take", (await _cli.RunAsync(["sql", "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = -1", "--timeout", "200ms"])).Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync(["sql", "select 1", "--file", "x"])).Code);
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync(["sql", "select 1", "--csv", "--json"])).Code);
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync(["sql", "select 1", "--timeout", "soon"])).Code);
        Assert.Contains("MemoryBytesMax", (await _cli.RunAsync(["sql", "select 1", "--memory", "1KiB"])).Error, StringComparison.Ordinal);
        // The first statement that fails ends a script.
        var script = await _cli.RunAsync(["sql", "--json"], "select 1 as a; select x; select 2 as a;");
        Assert.Equal((ExitCode.Failed, "{\"a\":1}\n"), (script.Code, script.Out));
    }

    [Theory]
    [InlineData("select 1; select 2", "select 1", "select 2")]
    [InlineData("select ';' as \"a;b\"; -- x; y\nselect /* ; */ 2;", "select ';' as \"a;b\"", "-- x; y\nselect /* ; */ 2")]
    [InlineData("select 'it''s;'\n;;\n  ;", "select 'it''s;'")]
    [InlineData("-- nothing; here\n/* nor; here */")]
    public void Scripts_are_cut_at_semicolons_outside_of_quotes_and_comments(string text, params string[] statements)
    {
        var script = new SqlScript();
        var found = text.Split('\n').SelectMany(script.Add).ToList();
        if (script.Rest() is { } rest)
            found.Add(rest);
        Assert.Equal(statements, found);
        Assert.False(script.IsOpen);
    }

    [Fact]
    public async Task A_line_is_edited_completed_and_recalled()
    {
        var keys = new Queue<ConsoleKeyInfo>();
        var shown = new StringWriter();
        IReadOnlyList<string> words = ["select", "air.flights", "air.airports"];
        var editor = new LineEditor(keys.Dequeue, shown, () => 80, (line, cursor) =>
            Task.FromResult<IReadOnlyList<string>>([.. words.Where(word => word.StartsWith(line[SqlCompletion.WordStart(line, cursor)..cursor], StringComparison.Ordinal))]));

        Type(keys, "sel", ConsoleKey.Tab, " 1X", ConsoleKey.Backspace, ConsoleKey.Home, ConsoleKey.Delete, "S", ConsoleKey.End, ";", ConsoleKey.Enter);
        Assert.Equal("Select 1;", await editor.ReadAsync("grid> "));
        Type(keys, "from a", ConsoleKey.Tab, ConsoleKey.Tab, "f", ConsoleKey.Tab, ConsoleKey.Enter);
        Assert.Equal("from air.flights", await editor.ReadAsync("grid> "));
        Assert.Contains("air.flights  air.airports", shown.ToString(), StringComparison.Ordinal);
        Type(keys, ConsoleKey.UpArrow, ConsoleKey.UpArrow, ConsoleKey.DownArrow, ConsoleKey.UpArrow, ConsoleKey.LeftArrow, "0", ConsoleKey.RightArrow, ConsoleKey.Enter);
        Assert.Equal("Select 10;", await editor.ReadAsync("grid> "));
        keys.Enqueue(new ConsoleKeyInfo('\u0004', ConsoleKey.D, false, false, control: true));
        Assert.Null(await editor.ReadAsync("grid> "));
    }

    private static void Type(Queue<ConsoleKeyInfo> keys, params object[] typed)
    {
        foreach (var item in typed)
        {
            if (item is ConsoleKey key)
                keys.Enqueue(new ConsoleKeyInfo('\0', key, false, false, false));
            else
                foreach (var c in (string)item)
                    keys.Enqueue(new ConsoleKeyInfo(c, ConsoleKey.NoName, false, false, false));
        }
    }
}
