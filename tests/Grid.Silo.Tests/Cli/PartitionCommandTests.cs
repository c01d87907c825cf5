using System.Globalization;
using System.Text.Json;
using Grid.Silo.Cli;

namespace Grid.Silo.Tests.Cli;

public sealed class PartitionCommandTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestCli _cli;

    public PartitionCommandTests() => _cli = new TestCli(_directory["data"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Partitions_are_made_listed_and_dropped()
    {
        var made = Json(await _cli.OkAsync("table create lab.events day:string site:int32 id:int64 --partition day,site --partition-create off --partition-max 5 --buckets 1 --json"));
        Assert.Equal(["day", "site"], made.GetProperty("partitionKey").EnumerateArray().Select(name => name.GetString()!));
        Assert.Equal((false, 5), (made.GetProperty("options").GetProperty("partitions").GetProperty("createOnWrite").GetBoolean(), made.GetProperty("options").GetProperty("partitions").GetProperty("countMax").GetInt32()));
        Assert.Contains("partitioned by day, site, made by hand, at most 5", (await _cli.OkAsync("table describe lab.events")).Out, StringComparison.Ordinal);

        Assert.Contains("has no partition day=a/site=1, and rows make none there", (await _cli.RunAsync("append lab.events day=a site=1 id=7")).Error, StringComparison.Ordinal);
        Assert.Equal("day=a/site=1", Json(await _cli.OkAsync("partition create lab.events site=1 day=a --json")).GetProperty("partition").GetString());
        Assert.Equal("Partition day=b/site=1 of lab.events is there.\n", (await _cli.OkAsync("partition create lab.events day=b site=1")).Error);
        Assert.Equal(ExitCode.Failed, (await _cli.RunAsync("partition create lab.events day=b site=1")).Code);
        await _cli.OkAsync("partition create lab.events day=b site=1 --if-not-exists");
        await _cli.OkAsync("append lab.events day=a site=1 id=7");
        await _cli.OkAsync("append lab.events day=b site=1 id=8");

        Assert.Equal(["day=a/site=1", "day=b/site=1"], (await _cli.OkAsync("partition list lab.events --json")).Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("partition").GetString()!));
        Assert.Single((await _cli.OkAsync("partition", "list", "lab.events", "--filter", "day > 'a'", "--json")).Lines);
        Assert.Contains("|  2 | b   | 1    |", (await _cli.OkAsync("partition list lab.events")).Out, StringComparison.Ordinal);
        Assert.Equal(["day=a/site=1", "day=b/site=1"], (await _cli.OkAsync("stats lab.events --json")).Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("partition").GetString()!));
        Assert.Contains("day=b/site=1", (await _cli.OkAsync("stats lab.events")).Out, StringComparison.Ordinal);
        Assert.Equal(["{\"id\":8}"], (await _cli.OkAsync("scan", "lab.events", "--columns", "id", "--filter", "day = 'b'", "--json")).Lines);
        Assert.Equal([1L, 2], (await _cli.OkAsync("tail lab.events --from earliest --stop-at-end --json")).Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("_partition").GetInt64()).Order());

        Assert.Equal("{\"dropped\":\"day=b/site=1\"}\n", (await _cli.OkAsync("partition drop lab.events day=b site=1 --json")).Out);
        Assert.Contains("has no partition day=b/site=1", (await _cli.RunAsync("partition drop lab.events day=b site=1")).Error, StringComparison.Ordinal);
        await _cli.OkAsync("partition drop lab.events day=b site=1 --if-exists");
        Assert.Equal("1\n", (await _cli.OkAsync("scan lab.events --count")).Out);
    }

    [Fact]
    public async Task Values_that_name_no_partition_are_a_misuse()
    {
        await _cli.OkAsync("table create lab.events day:string site:int32 --partition day,site");
        foreach (var values in new[] { "day=a", "day=a day=b", "day=a night=1", "a 1" })
        {
            var misuse = await _cli.RunAsync($"partition create lab.events {values}");
            Assert.Equal(ExitCode.Usage, misuse.Code);
            Assert.Contains("day=VALUE site=VALUE", misuse.Error, StringComparison.Ordinal);
        }

        Assert.Contains("Partition column 'site': 'x' is not a value of int32", (await _cli.RunAsync("partition create lab.events day=a site=x")).Error, StringComparison.Ordinal);
        await _cli.OkAsync("table create lab.plain id:int64");
        Assert.Contains("has no partitions", (await _cli.RunAsync("partition list lab.plain")).Error, StringComparison.Ordinal);
        Assert.Contains("has no partitions", (await _cli.RunAsync("partition create lab.plain id=1")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Automatic_partitions_are_there_with_the_table_and_altered()
    {
        var made = Json(await _cli.OkAsync("table create lab.days day:date id:int64 --key day,id --partition day --partition-unit day --partition-ahead 1 --partition-keep 7 --buckets 1 --json"));
        Assert.Equal(("day", 1, 7), (made.GetProperty("options").GetProperty("partitions").GetProperty("unit").GetString(),
            made.GetProperty("options").GetProperty("partitions").GetProperty("ahead").GetInt32(), made.GetProperty("options").GetProperty("partitions").GetProperty("kept").GetInt32()));
        Assert.Equal(["id"], made.GetProperty("bucketKey").EnumerateArray().Select(name => name.GetString()!));
        Assert.InRange((await _cli.OkAsync("partition list lab.days --json")).Lines.Length, 2, 3); // midnight may pass
        var today = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        await _cli.OkAsync($"upsert lab.days day={today} id=5");
        Assert.Equal($"{{\"day\":\"{today}\",\"id\":5}}\n", (await _cli.OkAsync($"lookup lab.days {today} 5 --json")).Out);
        Assert.Contains("The day 1999-01-01 is over", (await _cli.RunAsync("upsert lab.days day=1999-01-01 id=5")).Error, StringComparison.Ordinal);

        await _cli.OkAsync("table alter lab.days --partition-keep 0");
        await _cli.OkAsync("upsert lab.days day=1999-01-01 id=5");
        Assert.Contains("one a day, 1 ahead, all kept", (await _cli.OkAsync("table describe lab.days")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_imported_into_partitions_and_exported_again()
    {
        var file = _directory["events.csv"];
        await File.WriteAllTextAsync(file, "day,id\n2026-11-24,1\n2026-11-25,2\n2026-11-24,3\n");
        await _cli.OkAsync("import", file, "lab.events", "--create", "--partition", "day", "--buckets", "1");
        Assert.Equal(["2026-11-24", "2026-11-25"], (await _cli.OkAsync("partition list lab.events --json")).Lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("values").GetProperty("day").GetString()!));
        var back = _directory["back.csv"];
        await _cli.OkAsync("export", "lab.events", back, "--filter", "day = date '2026-11-24'");
        Assert.Equal(["1", "3"], (await File.ReadAllLinesAsync(back)).Skip(1).Select(line => line.Split(',')[1]).Order());
        Assert.Equal(ExitCode.Usage, (await _cli.RunAsync(["import", file, "lab.events", "--partition", "day"])).Code);
    }

    [Fact]
    public async Task A_partitioned_table_is_flushed_into_its_lake()
    {
        await _cli.OkAsync("table create lab.events day:date id:int64 --partition day --lake on --lake-freshness 1h --buckets 1");
        await _cli.OkAsync("append lab.events day=2026-11-24 id=1");
        await _cli.OkAsync("append lab.events day=2026-11-25 id=2");
        await _cli.OkAsync("lake flush lab.events");
        var status = Json(await _cli.OkAsync("lake status lab.events --json"));
        Assert.Equal((2L, 2L), (status.GetProperty("rows").GetInt64(), status.GetProperty("files").GetInt64()));
        Assert.Equal([(1L, 1L), (2L, 1L)], status.GetProperty("buckets").EnumerateArray().Select(bucket => (bucket.GetProperty("partitionId").GetInt64(), bucket.GetProperty("tiered").GetInt64())));
        Assert.Contains("partition id", (await _cli.OkAsync("lake status lab.events")).Out, StringComparison.Ordinal);
        await _cli.OkAsync("append lab.events day=2026-11-24 id=3");
        await _cli.OkAsync("partition drop lab.events day=2026-11-24");
        Assert.Equal("1\n", (await _cli.OkAsync("scan lab.events --count")).Out);
    }

    private static JsonElement Json(TestCli.Result result) => JsonDocument.Parse(result.Out).RootElement;
}
