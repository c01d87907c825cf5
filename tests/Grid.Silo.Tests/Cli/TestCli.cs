using Grid.Silo.Cli;

namespace Grid.Silo.Tests.Cli;

/// <summary>Runs the command line in this process, on a directory of the test's own.</summary>
internal sealed class TestCli(string? data)
{
    /// <summary>What a run left.</summary>
    internal sealed record Result(int Code, string Out, string Error)
    {
        public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public Dictionary<string, string> Environment { get; } = data is null ? [] : new() { [TargetOptions.DataVariable] = data };

    public async Task<Result> RunAsync(string[] arguments, string input = "", CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var reader = new StringReader(input);
        var console = new CliConsole { Out = output, Error = error, In = reader, Environment = name => Environment.GetValueOrDefault(name) };
        var code = await GridCommandLine.RunAsync(arguments, console, cancellationToken);
        return new Result(code, output.ToString(), error.ToString());
    }

    public Task<Result> RunAsync(string line) => RunAsync(line.Split(' '));

    /// <summary>Runs what must succeed.</summary>
    public async Task<Result> OkAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.Code == ExitCode.Ok, $"grid {string.Join(' ', arguments)}: {result.Code}, {result.Error}");
        return result;
    }

    public Task<Result> OkAsync(string line) => OkAsync(line.Split(' '));
}
