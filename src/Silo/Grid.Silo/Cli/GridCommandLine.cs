using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using Grid.Abstractions;
using Grid.Silo.Commands;

namespace Grid.Silo.Cli;

/// <summary>The <c>grid</c> command: parses, runs, and turns whatever goes wrong into one line and an exit code.</summary>
internal static class GridCommandLine
{
    public static async Task<int> RunAsync(string[] arguments, CliConsole console, CancellationToken cancellationToken)
    {
        var parsed = Root(console).Parse(arguments);
        if (parsed.Errors.Count > 0)
            return Usage(console, parsed, parsed.Errors[0].Message);
        var configuration = new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
            // Signals are the caller's: the process turns them into the token.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            return Usage(console, parsed, e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Cancelled;
        }
        catch (Exception e)
        {
            // The edge: everything that can fail ends here as one line. GRID_DEBUG=1 shows where it came from.
            console.Error.WriteLine($"grid: {OneLine(e)}");
            if (console.Environment("GRID_DEBUG") is "1")
                console.Error.WriteLine(e);
            return ExitCode.Failed;
        }
        finally
        {
            await console.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Every command there is.</summary>
    internal static Command Root(CliConsole console)
    {
        var root = new Command("grid", "Grid stores tables that stream: Arrow logs and key-value tables on Orleans.")
        {
            DemoCommand.Build(console),
            ServeCommand.Build(console),
            DbCommand.Build(console),
            TableCommand.Build(console),
            ImportCommand.Build(console),
            ExportCommand.Build(console),
            ScanCommand.Build(console),
            SqlCommand.Build(console),
            TailCommand.Build(console),
            LookupCommand.Build(console),
            WriteCommand.BuildAppend(console),
            WriteCommand.BuildUpsert(console),
            DeleteCommand.Build(console),
            StatsCommand.Build(console),
            NodeCommand.Build(console),
            BucketCommand.Build(console),
            PartitionCommand.Build(console),
            LakeCommand.Build(console),
            RebalanceCommand.Build(console),
        };
        var help = new HelpOption();
        var showHelp = new ExampleHelpAction((HelpAction)help.Action!);
        help.Action = showHelp;
        root.Add(help);
        var version = new Option<bool>("--version") { Description = "Show the version." };
        root.Add(version);
        root.SetAction(parsed =>
        {
            if (parsed.GetValue(version))
            {
                console.Out.WriteLine(Version);
                return ExitCode.Ok;
            }

            showHelp.Invoke(parsed);
            return ExitCode.Usage;
        });
        return root;
    }

    private static string Version =>
        typeof(GridCommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static int Usage(CliConsole console, ParseResult parsed, string message)
    {
        console.Error.WriteLine($"grid: {message} See '{CommandPath.Of(parsed)} --help'.");
        return ExitCode.Usage;
    }

    private static string OneLine(Exception e) => e switch
    {
        GridException or IOException or UnauthorizedAccessException => e.Message.ReplaceLineEndings(" "),
        _ => $"something that should not happen did: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} Set GRID_DEBUG=1 to see where.",
    };
}
