using System.Diagnostics;

namespace Grid.Bench.Children;

/// <summary>This program in another process, doing one of the <see cref="Child"/> roles. It prints one line when it is ready and ends with its standard input.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process, string ready)
    {
        _process = process;
        Ready = ready;
    }

    /// <summary>What the child said when it was ready.</summary>
    public string Ready { get; }

    public int Id => _process.Id;

    public static async Task<ChildProcess> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        start.ArgumentList.Add("--child");
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var process = Process.Start(start) ?? throw new InvalidOperationException("The child process did not start.");
        var ready = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The child {arguments[0]} ended before it was ready.");
        return new ChildProcess(process, ready);
    }

    /// <summary>Asks the child a question of one line and reads its answer of one line.</summary>
    public async Task<string> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The child process ended.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
