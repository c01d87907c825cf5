using System.Text.Json;
using Apache.Arrow;
using Grid.Silo.Demo;
using Grid.Silo.Tests.Cli;

namespace Grid.Silo.Tests.Demo;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_kills_its_storing_process_and_finds_everything_again()
    {
        using var directory = new TestDirectory();
        await DemoSample.WriteAsync(directory);

        var result = await new TestCli(data: null).OkAsync("demo", "--json", "--samples", directory.Path);

        var report = JsonDocument.Parse(Assert.Single(result.Lines)).RootElement;
        Assert.True(report.GetProperty("ok").GetBoolean());
        var steps = report.GetProperty("steps").EnumerateArray().ToDictionary(s => s.GetProperty("step").GetString()!);
        Assert.Equal(20_000, steps["flights against the file"].GetProperty("rows").GetInt64());
        Assert.Equal(20_000, steps["flights, from lake and log"].GetProperty("rows").GetInt64());
        Assert.True(steps["count the flights by SQL"].GetProperty("rows").GetInt64() > 20_000);
        Assert.True(steps["routes in the lake as they are now"].GetProperty("rows").GetInt64() > 0);
        Assert.True(steps["read 1 of 5 columns"].GetProperty("bytes").GetInt64() < steps["read 5 of 5 columns"].GetProperty("bytes").GetInt64());
    }

    [Fact]
    public void The_checksum_sees_missing_doubled_and_changed_rows_but_not_their_order()
    {
        using var batch = LiveFlights.Batch(3);
        ulong Sum(params RecordBatch[] parts)
        {
            var sum = new RowChecksum();
            foreach (var part in parts)
                sum.Add(part);
            return sum.Value;
        }

        Assert.Equal(Sum(batch), Sum(batch.Slice(100, 100), batch.Slice(0, 100)));
        Assert.NotEqual(Sum(batch), Sum(batch.Slice(1, 199)));
        Assert.NotEqual(Sum(batch), Sum(batch, batch.Slice(0, 1)));
        Assert.NotEqual(Sum(batch), Sum(LiveFlights.Batch(4)));
    }
}
