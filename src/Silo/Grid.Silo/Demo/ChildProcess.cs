using System.Diagnostics;
using Grid.Abstractions;

namespace Grid.Silo.Demo;

/// <summary>The storing process as the watching one sees it: events to read, a life to end.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private ChildProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static ChildProcess Start(string directory, string samples)
    {
        var start = GridProgram.Start("demo", "--child", directory, "--samples", samples);
        return new ChildProcess(Process.Start(start) ?? throw new GridException(GridErrorCode.Internal, $"{start.FileName} did not start."));
    }

    /// <summary>The next event; null when the process has ended.</summary>
    public async Task<DemoEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            if (DemoEvent.Parse(line) is { } what)
                return what;
        return null;
    }

    /// <summary>Kills without warning (SIGKILL), reads what it had still said, and answers the last acknowledgement among it.</summary>
    public async Task<DemoEvent?> KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        DemoEvent? last = null;
        // The pipe may end in half a line.
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            if (line.EndsWith('}') && DemoEvent.Parse(line) is { Name: DemoEvent.Acknowledged } what)
                last = what;
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return last;
    }

    /// <summary>Why it ended before it was killed.</summary>
    public async Task<GridException> FailureAsync() =>
        new(GridErrorCode.Internal, $"The storing process ended too early: {(await _errors.ConfigureAwait(false)).Trim().ReplaceLineEndings(" ")}");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        _process.Dispose();
    }
}
