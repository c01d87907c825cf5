using System.Text.Json;
using Grid.Silo.Cli;

namespace Grid.Silo.Tests.Cli;

public sealed class CommandTests : IDisposable
{
    private const string People = "lab.people id:int64 name:string amount:decimal(10,2) born:date --key id --buckets 1";

    private readonly TestDirectory _directory = new();
    private readonly TestCli _cli;

    public CommandTests() => _cli = new TestCli(_directory["data"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Databases_are_made_listed_and_dropped()
    {
        await _cli.OkAsync("db create air");
        var again = await _cli.RunAsync("db create air");
        Assert.Equal(ExitCode.Failed, again.Code);
        Assert.Contains("air", again.Error, StringComparison.Ordinal);
        await _cli.OkAsync("db create air --if-not-exists");
        Assert.Equal("air\n", (await _cli.OkAsync("db list")).Out);
        Assert.Equal("{\"database\":\"air\"}\n", (await _cli.OkAsync("db list --json")).Out);
        await _cli.OkAsync("db drop air");
        Assert.Empty((await _cli.OkAsync("db list")).Out);
    }

    [Fact]
    public async Task A_table_is_made_described_altered_and_dropped()
    {
        var made = Json(await _cli.OkAsync($"table create {People} --retention 3d --json"));
        Assert.Equal("primary-key", made.GetProperty("kind").GetString());
        Assert.Equal(["id"], made.GetProperty("primaryKey").EnumerateArray().Select(e => e.GetString()!));
        Assert.False(made.GetProperty("columns")[0].GetProperty("nullable").GetBoolean());
        Assert.Equal(3 * 86_400_000L, made.GetProperty("options").GetProperty("retentionMs").GetInt64());
        Assert.Equal("{\"table\":\"lab.people\"}\n", (await _cli.OkAsync("table list lab --json")).Out);

        var altered = Json(await _cli.OkAsync("table", "alter", "lab.people", "--drop", "born", "--rename", "name=full_name", "--add", "grade:int32=7", "--compression", "lz4", "--json"));
        Assert.Equal(2, altered.GetProperty("schemaVersion").GetInt32());
        Assert.Equal(["id", "full_name", "amount", "grade"], altered.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("name").GetString()!));
        Assert.Equal("lz4", altered.GetProperty("options").GetProperty("compression").GetString());
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync("table alter lab.people")).Code);

        Assert.Contains("full_name", (await _cli.OkAsync("table describe lab.people")).Out, StringComparison.Ordinal);
        await _cli.OkAsync("table drop lab.people");
        Assert.Equal(ExitCode.Failed, (await _cli.RunAsync("table describe lab.people")).Code);
        await _cli.OkAsync("table drop lab.people --if-exists");
    }

    [Fact]
    public async Task A_table_with_a_lake_is_flushed_paused_and_read()
    {
        var made = Json(await _cli.OkAsync("table create lab.events id:int64 --lake on --lake-freshness 1h --buckets 1 --json"));
        Assert.Equal(("on", 3_600_000L), (made.GetProperty("options").GetProperty("lake").GetString(), made.GetProperty("options").GetProperty("lakeFreshnessMs").GetInt64()));
        var empty = Json(await _cli.OkAsync("lake status lab.events --json"));
        Assert.Equal((JsonValueKind.Null, 0, "waiting"), (empty.GetProperty("location").ValueKind, empty.GetProperty("version").GetInt32(), empty.GetProperty("activity").GetString()));
        await _cli.OkAsync("append lab.events id=7");
        await _cli.OkAsync("lake flush lab.events");
        var status = Json(await _cli.OkAsync("lake status lab.events --json"));
        Assert.Equal((1L, 1L, 1L), (status.GetProperty("rows").GetInt64(), status.GetProperty("files").GetInt64(), status.GetProperty("buckets")[0].GetProperty("tiered").GetInt64()));
        Assert.Contains("1 files, 1 rows", (await _cli.OkAsync("lake status lab.events")).Out, StringComparison.Ordinal);
        await _cli.OkAsync("append lab.events id=8");
        Assert.Contains("2 files, 2 rows", (await _cli.OkAsync("lake flush lab.events")).Out, StringComparison.Ordinal);
        var compacted = Json(await _cli.OkAsync("lake compact lab.events --json"));
        Assert.Equal((1L, 1L, 2L, false), (compacted.GetProperty("files").GetInt64(), compacted.GetProperty("smallFiles").GetInt64(), compacted.GetProperty("rows").GetInt64(), compacted.GetProperty("compacting").GetBoolean()));
        Assert.Contains("1 files, 2 rows", (await _cli.OkAsync("lake status lab.events")).Out, StringComparison.Ordinal);
        Assert.Contains("1 small files", (await _cli.OkAsync("lake compact lab.events")).Out, StringComparison.Ordinal);

        await _cli.OkAsync("table alter lab.events --lake paused");
        Assert.Contains("lake off", (await _cli.OkAsync("lake status lab.events")).Out, StringComparison.Ordinal);
        Assert.Contains("--lake on", (await _cli.RunAsync("lake flush lab.events")).Error, StringComparison.Ordinal);
        Assert.Contains("--lake on", (await _cli.RunAsync("lake compact lab.events")).Error, StringComparison.Ordinal);
        Assert.Contains("a table that has a lake table keeps it", (await _cli.RunAsync("table alter lab.events --lake none")).Error, StringComparison.Ordinal);

        // A table with a primary key is there as it is.
        await _cli.OkAsync($"table create {People} --lake on");
        await _cli.OkAsync("upsert lab.people id=1 name=Ada");
        await _cli.OkAsync("lake flush lab.people");
        await _cli.OkAsync("upsert lab.people id=1 name=Grace");
        Assert.Contains(" 1 rows,", (await _cli.OkAsync("lake flush lab.people")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_upserted_looked_up_changed_and_deleted()
    {
        await _cli.OkAsync($"table create {People}");
        var written = Json(await _cli.OkAsync("upsert lab.people id=1 name=Ada amount=1.50 born=1815-12-10 --json"));
        Assert.Equal(1, written.GetProperty("rows").GetInt64());
        Assert.Equal("{\"id\":1,\"name\":\"Ada\",\"amount\":1.50,\"born\":\"1815-12-10\"}\n", (await _cli.OkAsync("lookup lab.people 1 --json")).Out);

        await _cli.OkAsync("upsert", "lab.people", "id=1", "--null", "born", "--row", "{\"id\":1,\"amount\":2}", "--row", "{\"id\":2,\"name\":\"Grace\"}");
        Assert.Equal("{\"name\":\"Ada\",\"amount\":2.00,\"born\":null}\n", (await _cli.OkAsync("lookup lab.people 1 --columns name,amount,born --json")).Out);

        await _cli.OkAsync("delete lab.people 1");
        var gone = await _cli.RunAsync("lookup lab.people 1");
        Assert.Equal((ExitCode.Failed, ""), (gone.Code, gone.Out));
        Assert.Equal("lab.people has no row with the key 1.\n", gone.Error);

        var changes = (await _cli.OkAsync("tail lab.people --from earliest --stop-at-end --columns name --json")).Lines;
        Assert.Equal(["+I", "-U", "+U", "-U", "+U", "+I", "-D"], changes.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("_change").GetString()!));
    }

    [Fact]
    public async Task Json_lines_from_the_input_are_written()
    {
        await _cli.OkAsync("table create lab.events at:timestamptz kind:string note:string --buckets 1");
        var result = await _cli.RunAsync(["append", "lab.events", "--row", "-"],
            "{\"at\":\"2026-01-31T13:45:00Z\",\"kind\":\"a\"}\n\n{\"kind\":\"b\",\"at\":\"2026-01-31T13:45:01Z\"}\n{\"kind\":\"c\",\"note\":\"\"}\n");
        Assert.Equal((ExitCode.Ok, "3 rows acknowledged.\n"), (result.Code, result.Error));

        var rows = (await _cli.OkAsync("scan lab.events --json")).Lines;
        Assert.Equal("{\"at\":\"2026-01-31T13:45:00Z\",\"kind\":\"a\",\"note\":null}", rows[0]);
        Assert.Equal("{\"at\":null,\"kind\":\"c\",\"note\":\"\"}", rows[2]);

        var wrong = await _cli.RunAsync(["append", "lab.events", "--row", "-"], "{\"kind\":\"d\"}\n{\"at\":\"soon\"}\n");
        Assert.Equal(ExitCode.Failed, wrong.Code);
        Assert.Contains("Row 2, column 'at': 'soon' is not a value of timestamptz", wrong.Error, StringComparison.Ordinal);
        var unknown = await _cli.RunAsync(["append", "lab.events", "--row", "{\"kynd\":1}"]);
        Assert.Contains("There is no column 'kynd'", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefix_of_the_key_answers_its_rows_in_key_order()
    {
        await _cli.OkAsync("table create lab.routes origin:string destination:string flights:int64 --key origin,destination --bucket-key origin");
        await _cli.OkAsync("upsert", "lab.routes", "--row", "{\"origin\":\"B\",\"destination\":\"X\",\"flights\":1}",
            "--row", "{\"origin\":\"A\",\"destination\":\"Z\",\"flights\":2}", "--row", "{\"origin\":\"A\",\"destination\":\"Y\",\"flights\":3}");

        Assert.Equal(["{\"destination\":\"Y\",\"flights\":3}", "{\"destination\":\"Z\",\"flights\":2}"],
            (await _cli.OkAsync("lookup lab.routes A --columns destination,flights --json")).Lines);
        var tooMany = await _cli.RunAsync("lookup lab.routes A B C");
        Assert.Contains("the key of lab.routes has 2: origin, destination", tooMany.Error, StringComparison.Ordinal);
        Assert.Contains("name all", (await _cli.RunAsync("delete lab.routes A")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_csv_file_is_imported_scanned_and_exported()
    {
        File.WriteAllText(_directory["in.csv"], "code,name,level\n007,\"a, b\",1.5\n008,,2\n009,\"say \"\"hi\"\"\",\n");
        Assert.Equal(3, Json(await _cli.OkAsync("import", _directory["in.csv"], "lab.codes", "--create", "--key", "code", "--buckets", "1", "--json")).GetProperty("rows").GetInt64());

        Assert.Equal("code  name      level\n----  --------  -----\n007   a, b        1.5\n008   null          2\n009   say \"hi\"   null\n", (await _cli.OkAsync("scan lab.codes --limit 5")).Out);
        Assert.Equal("{\"level\":2}\n", (await _cli.OkAsync("scan", "lab.codes", "--columns", "level", "--filter", "code = '008'", "--json")).Out);
        Assert.Equal("{\"rows\":2}\n", (await _cli.OkAsync("scan", "lab.codes", "--count", "--filter", "level >= 1", "--json")).Out);

        await _cli.OkAsync("export", "lab.codes", _directory["out.csv"]);
        Assert.Equal("code,name,level\n007,\"a, b\",1.5\n008,,2\n009,\"say \"\"hi\"\"\",\n", File.ReadAllText(_directory["out.csv"]));
        Assert.Contains("--force", (await _cli.RunAsync(["export", "lab.codes", _directory["out.csv"]])).Error, StringComparison.Ordinal);
        Assert.Equal(["in.csv", "out.csv"], Directory.GetFiles(_directory.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("parquet")]
    [InlineData("arrow")]
    [InlineData("arrows")]
    [InlineData("csv")]
    [InlineData("tsv")]
    public async Task An_exported_file_is_imported_as_the_same_rows(string extension)
    {
        await _cli.OkAsync($"table create {People}");
        await _cli.OkAsync("upsert", "lab.people", "--row", "{\"id\":1,\"name\":\"Ada\\nL\",\"amount\":1.5,\"born\":\"1815-12-10\"}", "--row", "{\"id\":2,\"name\":\"\"}");
        var file = _directory["rows." + extension];
        await _cli.OkAsync("export", "lab.people", file);
        await _cli.OkAsync("table", "create", "lab.like", "--like", file, "--key", "id");
        await _cli.OkAsync($"table create {People.Replace("people", "again", StringComparison.Ordinal)}");
        await _cli.OkAsync("import", file, "lab.again");

        Assert.Equal((await _cli.OkAsync("scan lab.people --limit 9 --json")).Out, (await _cli.OkAsync("scan lab.again --limit 9 --json")).Out);
    }

    [Fact]
    public async Task Scans_begin_where_they_are_told()
    {
        await _cli.OkAsync("table create lab.n n:int64 --buckets 1");
        await _cli.RunAsync(["append", "lab.n", "--row", "-"], string.Concat(Enumerable.Range(0, 10).Select(n => $"{{\"n\":{n}}}\n")));

        Assert.Equal(["{\"n\":7}", "{\"n\":8}"], (await _cli.OkAsync("scan lab.n --from 7 --limit 2 --json")).Lines);
        Assert.Empty((await _cli.OkAsync("scan lab.n --from latest --json")).Out);
        Assert.Equal(10, (await _cli.OkAsync("scan lab.n --from 2020-01-01T00:00:00Z --json")).Lines.Length);
        Assert.Contains("10", (await _cli.RunAsync("scan lab.n --from 99 --json")).Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync("scan lab.n --from soon")).Code);
    }

    [Fact]
    public async Task Stats_show_tables_and_buckets()
    {
        await _cli.OkAsync("table create lab.n n:int64 --buckets 2");
        await _cli.OkAsync("append lab.n n=1");

        var table = Json(await _cli.OkAsync("stats --json"));
        Assert.Equal(("lab.n", 1L, 2), (table.GetProperty("table").GetString(), table.GetProperty("logRows").GetInt64(), table.GetProperty("buckets").GetInt32()));
        var buckets = (await _cli.OkAsync("stats lab.n --json")).Lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal([0, 1], buckets.Select(b => b.GetProperty("bucket").GetInt32()));
        Assert.Equal(1, buckets.Sum(b => b.GetProperty("highWatermark").GetInt64()));
        Assert.Contains("lab.n", (await _cli.OkAsync("stats")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_ends_with_130_when_it_is_cancelled()
    {
        await _cli.OkAsync("table create lab.n n:int64 --buckets 1");
        using var cancellation = new CancellationTokenSource();
        var tail = _cli.RunAsync(["tail", "lab.n"], cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();

        Assert.Equal(ExitCode.Cancelled, (await tail).Code);
    }

    [Fact]
    public async Task A_read_of_what_is_not_there_names_it()
    {
        await _cli.OkAsync("db create lab");
        var result = await _cli.RunAsync("scan lab.nothing");
        Assert.Equal(ExitCode.Failed, result.Code);
        Assert.Contains("lab.nothing", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private static JsonElement Json(TestCli.Result result) => JsonDocument.Parse(Assert.Single(result.Lines)).RootElement;
}
