using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Grid.Silo.Cli;
using Grid.Silo.Demo;
using Grid.Silo.Tests.Cli;

namespace Grid.Silo.Tests.Demo;

public sealed partial class ClusterDemoTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task The_demo_kills_a_node_of_three_and_finds_every_row_once()
    {
        using var directory = new TestDirectory();
        await DemoSample.WriteAsync(directory);

        var result = await new TestCli(data: null).OkAsync("demo", "--cluster", "3", "--json", "--samples", directory.Path);

        var report = JsonDocument.Parse(Assert.Single(result.Lines)).RootElement;
        Assert.True(report.GetProperty("ok").GetBoolean());
        var steps = report.GetProperty("steps").EnumerateArray().ToDictionary(s => s.GetProperty("step").GetString()!);
        Assert.Equal(20_000, steps["flights against the file"].GetProperty("rows").GetInt64());
        Assert.InRange(steps["from the kill to the first write"].GetProperty("seconds").GetDouble(), 0.001, 60);
        Assert.Contains("12 buckets, 3 copies each", steps["in sync again"].GetProperty("result").GetString(), StringComparison.Ordinal);
        Assert.Contains("each once", steps["routes, from the shard"].GetProperty("result").GetString(), StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Interrupted_it_leaves_neither_processes_nor_files()
    {
        using var directory = new TestDirectory();
        await DemoSample.WriteAsync(directory);
        var (demo, nodes, data) = await StartAsync(directory);
        using (demo)
        {
            using var interrupt = Process.Start("kill", ["-INT", $"{demo.Id}"]);
            await demo.WaitForExitAsync().WaitAsync(Patience);

            Assert.Equal(ExitCode.Cancelled, demo.ExitCode);
            Assert.DoesNotContain(nodes, IsAlive);
            Assert.False(Directory.Exists(data));
        }
    }

    [LinuxFact]
    public async Task Killed_it_leaves_no_processes()
    {
        using var directory = new TestDirectory();
        await DemoSample.WriteAsync(directory);
        var (demo, nodes, data) = await StartAsync(directory);
        using (demo)
        {
            demo.Kill();
            await demo.WaitForExitAsync().WaitAsync(Patience);
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            var watch = Stopwatch.StartNew();
            while (nodes.Any(IsAlive) && watch.Elapsed < Patience)
                await timer.WaitForNextTickAsync();

            Assert.DoesNotContain(nodes, IsAlive);
        }

        Directory.Delete(data, recursive: true);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("6")]
    public async Task A_number_of_nodes_that_it_cannot_do_is_refused(string count)
    {
        using var directory = new TestDirectory();
        await DemoSample.WriteAsync(directory);

        var result = await new TestCli(data: null).RunAsync(["demo", "--cluster", count, "--samples", directory.Path]);

        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains($"--cluster is {count}; legal is 3", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Starts it as a process; returns when its nodes are there.</summary>
    private static async Task<(Process Demo, int[] Nodes, string Data)> StartAsync(TestDirectory samples)
    {
        // Whoever starts the tests in the background may have them ignore interrupts, and what they start inherits that.
        var start = GridProgram.Start("demo", "--cluster", "3", "--samples", samples.Path);
        start.ArgumentList.Insert(0, "--default-signal=INT");
        start.ArgumentList.Insert(1, start.FileName);
        start.FileName = "env";
        var demo = Process.Start(start)!;
        try
        {
            string? data = null;
            while (await demo.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
            {
                if (DirectoryPattern().Match(line) is { Success: true } directory)
                    data = directory.Value;
                var nodes = ProcessPattern().Matches(line).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray();
                if (nodes.Length == 3)
                    return (demo, nodes, data!);
            }

            throw new InvalidOperationException(await demo.StandardError.ReadToEndAsync());
        }
        catch
        {
            demo.Kill();
            demo.Dispose();
            throw;
        }
    }

    // A process that has ended and that nobody asked for its exit code yet is a zombie.
    private static bool IsAlive(int process)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{process}/stat");
            return status[status.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\(process (\d+)\)")]
    private static partial Regex ProcessPattern();

    [GeneratedRegex(@"\S*grid-demo-[0-9a-f]+")]
    private static partial Regex DirectoryPattern();
}
