using System.Text.RegularExpressions;
using Grid.Abstractions;

namespace Grid.Silo.Tests.Readme;

/// <summary>What the README shows is compiled and run: the shell lines through the command line, the C# through <see cref="ReadmeExamples"/>.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Every_csharp_block_is_compiled()
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Grid.Silo.Tests", "Readme", "ReadmeExamples.cs")).ReplaceLineEndings("\n");
        var compiled = CompiledPattern().Matches(source).Select(match => Unindented(match.Groups[1].Value)).ToList();

        var shown = Blocks("csharp").Select(Unindented).ToList();

        Assert.NotEmpty(shown);
        Assert.All(shown, block => Assert.Contains(block, compiled));
    }

    [Fact]
    public async Task Every_shell_line_of_the_tour_runs()
    {
        await using var tour = new TourShell();
        var lines = Blocks("sh").SelectMany(block => block.Split('\n')).ToList();
        Assert.True(lines.Count(line => line.StartsWith("grid ", StringComparison.Ordinal)) > 10, "The README's tour has lost its commands.");
        foreach (var line in lines)
            await tour.RunAsync(line);

        Assert.Equal(3, tour.Servers);
    }

    [Fact]
    public async Task The_embedded_example_finds_the_last_order()
    {
        var data = Directory.CreateTempSubdirectory("grid-readme-");
        try
        {
            var order = await ReadmeExamples.EmbeddedAsync(data.FullName);

            Assert.Equal(new ReadmeExamples.Order(1, "ada", 15.00m), order);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_writer_example_finds_the_slow_tenth()
    {
        var data = Directory.CreateTempSubdirectory("grid-readme-");
        try
        {
            await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = data.FullName });
            await host.Client.CreateDatabaseAsync("shop");
            await using var events = await host.Client.CreateTableAsync<ReadmeExamples.Click>("shop.clicks", new TableOptions { Buckets = 2 });

            Assert.Equal(1000, await ReadmeExamples.WriterAsync(events));
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_sql_example_reads_the_orders()
    {
        var data = Directory.CreateTempSubdirectory("grid-readme-");
        try
        {
            await ReadmeExamples.EmbeddedAsync(data.FullName);
            await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = data.FullName });

            await ReadmeExamples.SqlAsync(host.Client);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Blocks(string language) =>
        BlockPattern().Matches(Text).Where(match => match.Groups[1].Value == language).Select(match => match.Groups[2].Value);

    private static string Unindented(string block)
    {
        var lines = block.Trim('\n').Split('\n');
        var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Trim().Length > 0 ? line[indent..].TrimEnd() : "")).Trim();
    }

    [GeneratedRegex("^```(\\w+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BlockPattern();

    [GeneratedRegex("// README\n(.*?)// END", RegexOptions.Singleline)]
    private static partial Regex CompiledPattern();
}
