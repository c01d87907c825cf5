using Microsoft.Extensions.Logging;

namespace Grid.Client.Tests.Tls;

/// <summary>Remembers what is logged under event ids of TLS and lets a test wait for it.</summary>
internal sealed class EventLog : ILogger, ILoggerProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly List<(int Id, string Text)> _events = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Texts logged under an id so far.</summary>
    public string[] Of(int id)
    {
        lock (_gate)
            return [.. _events.Where(e => e.Id == id).Select(e => e.Text)];
    }

    /// <summary>The first text under an id that says something, once there is one. How often a peer is refused is its own affair: Orleans dials again.</summary>
    public async Task<string> FirstAsync(int id, string saying = "")
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (Of(id).FirstOrDefault(text => text.Contains(saying, StringComparison.Ordinal)) is { } found)
                    return found;
                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"Nothing under {id} said \"{saying}\": {string.Join(" | ", Of(id))}");
            }
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id is < 6001 or > 6099)
            return;
        lock (_gate)
        {
            _events.Add((eventId.Id, formatter(state, exception)));
            _more.SetResult();
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }
}
