using Spectre.Console;

namespace Grid.Silo.Cli;

/// <summary>What the command line talks to: the process's console, or a test's writers.</summary>
internal sealed class CliConsole
{
    // Wide enough that nothing is wrapped where no terminal says how wide it is.
    private const int UnboundedWidth = 1000;
    private const int BlockBytes = 64 * 1024;

    /// <summary>Rows and documents.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Everything else: progress, notes, errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Rows given to commands that read them.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>Whether <see cref="In"/> is a terminal: somebody types.</summary>
    public bool InIsTerminal { get; init; }

    /// <summary>Whether <see cref="Out"/> is a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether <see cref="Error"/> is a terminal.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Environment variables.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    /// <summary>The clock of times shown.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The process's own console.</summary>
    public static CliConsole OfProcess() => new()
    {
        // A terminal gets each line at once, a pipe or a file gets blocks; commands flush where somebody waits.
        Out = Console.IsOutputRedirected ? new StreamWriter(Console.OpenStandardOutput(), Console.OutputEncoding, BlockBytes) { AutoFlush = false } : Console.Out,
        Error = Console.Error,
        In = Console.In,
        InIsTerminal = !Console.IsInputRedirected,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Environment = System.Environment.GetEnvironmentVariable,
    };

    /// <summary>Tables and colours on <see cref="Out"/>.</summary>
    public IAnsiConsole Rich() => Rich(Out, OutIsTerminal);

    /// <summary>Progress on <see cref="Error"/>.</summary>
    public IAnsiConsole RichError() => Rich(Error, ErrorIsTerminal);

    private IAnsiConsole Rich(TextWriter writer, bool terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = terminal && Environment("NO_COLOR") is null ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!terminal)
            console.Profile.Width = UnboundedWidth;
        return console;
    }
}
