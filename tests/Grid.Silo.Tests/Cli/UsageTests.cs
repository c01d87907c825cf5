using Grid.Silo.Cli;

namespace Grid.Silo.Tests.Cli;

public sealed class UsageTests
{
    private readonly TestCli _cli = new(data: null);

    [Fact]
    public async Task The_version_is_a_line_on_the_output()
    {
        var result = await _cli.OkAsync("--version");
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+\n$", result.Out);
    }

    [Theory]
    [InlineData("")]
    [InlineData("demo")]
    [InlineData("serve")]
    [InlineData("db")]
    [InlineData("db create")]
    [InlineData("db list")]
    [InlineData("db drop")]
    [InlineData("table")]
    [InlineData("table create")]
    [InlineData("table list")]
    [InlineData("table describe")]
    [InlineData("table alter")]
    [InlineData("table drop")]
    [InlineData("import")]
    [InlineData("export")]
    [InlineData("scan")]
    [InlineData("sql")]
    [InlineData("tail")]
    [InlineData("lookup")]
    [InlineData("append")]
    [InlineData("upsert")]
    [InlineData("delete")]
    [InlineData("stats")]
    [InlineData("partition")]
    [InlineData("partition list")]
    [InlineData("partition create")]
    [InlineData("partition drop")]
    public async Task Help_shows_an_example_of_the_command(string command)
    {
        var result = await _cli.OkAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Matches($"Examples?:\n  grid {command}", result.Out);
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("tabel", "grid: Unrecognized command or argument 'tabel'. See 'grid --help'.\n")]
    [InlineData("scan", "See 'grid scan --help'.")]
    [InlineData("scan a.b", "--data DIR")]
    [InlineData("scan a.b --data x --connect y:1", "exclude each other")]
    [InlineData("scan a.b --limit 0", "--limit is '0'")]
    [InlineData("scan a.b --limit many", "--limit")]
    [InlineData("table create a.b --data x", "name:type")]
    [InlineData("table create a.b origin --data x", "'origin' is not a column; write name:type")]
    [InlineData("table create a.b x:int32 --retention soon --data x", "--retention is 'soon'")]
    [InlineData("import f.csv a.b --key x --data d", "add --create")]
    [InlineData("upsert a.b --data x", "Give a row")]
    [InlineData("upsert a.b x=1 x=2 --data x", "given twice")]
    [InlineData("serve --set Grid --data x", "NAME=VALUE")]
    public async Task A_wrong_command_line_is_explained_in_one_line(string line, string message)
    {
        var result = await _cli.RunAsync(line);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        Assert.Empty(result.Out);
    }

    [Theory]
    [InlineData("import nothing.csv a.b --create", "There is no file 'nothing.csv'")]
    [InlineData("export a.b rows.txt", "'rows.txt' ends in '.txt', which names no format")]
    [InlineData("table create nodot x:int32", "'nodot' does not name a table")]
    [InlineData("table create a.b x:int33", "int33")]
    public async Task What_cannot_work_is_refused_before_anything_is_opened(string line, string message)
    {
        var result = await _cli.RunAsync(line + " --data /nowhere/at/all");
        Assert.Equal(ExitCode.Failed, result.Code);
        Assert.StartsWith("grid: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }
}
