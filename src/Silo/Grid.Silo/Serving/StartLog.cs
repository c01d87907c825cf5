using Microsoft.Extensions.Logging;

namespace Grid.Silo.Serving;

/// <summary>
/// Keeps those quiet who would report a failed start each in its own way, with stacks: the start's caller reports it, in one line. Once the node runs they may speak of errors.
/// </summary>
internal sealed class StartLog
{
    private static readonly string[] Reporters = ["Microsoft.Extensions.Hosting.Internal.Host", "Orleans.Runtime.SiloLifecycleSubject", "Orleans.Runtime.Silo"];

    private volatile bool _isOver;

    /// <summary>Whether the node runs.</summary>
    public bool IsOver
    {
        get => _isOver;
        set => _isOver = value;
    }

    public void Apply(ILoggingBuilder logging)
    {
        foreach (var reporter in Reporters)
            logging.AddFilter(reporter, level => _isOver && level >= LogLevel.Error);
    }
}
