using System.CommandLine;
using Grid.Silo.Cli;
using Grid.Silo.Demo;

namespace Grid.Silo.Commands;

/// <summary><c>grid demo</c>: the whole of Grid in a minute, in a temporary directory.</summary>
internal static class DemoCommand
{
    public static Command Build(CliConsole console)
    {
        var keep = new Option<bool>("--keep") { Description = "Leave the data directory there, to look around in." };
        var samples = new Option<string?>("--samples") { Description = "The folder of flights-3m.parquet and airports.csv. Default: found in the clone.", HelpName = "DIR" };
        var cluster = new Option<int?>("--cluster")
        {
            Description = $"Instead: start this many nodes ({DemoNodes.Fewest} to {DemoNodes.Most}), write to all, kill the one that leads most, go on writing, start it again and prove that nothing is missing or doubled.",
            HelpName = "NODES",
        };
        var child = new Option<string?>("--child") { Hidden = true };
        var command = new GridCommand(console, "demo",
            "Import three million flights, keep routes up to date from their change stream, kill the storing process, open everything again and prove that nothing is missing.",
            "grid demo\ngrid demo --cluster 3\ngrid demo --keep --json") { keep, samples, cluster, child };
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var files = AirTables.FindSamples(parsed.GetValue(samples));
            if (parsed.GetValue(child) is { } directory)
                await StoringProcess.RunAsync(directory, files, console, cancellationToken).ConfigureAwait(false);
            else if (parsed.GetValue(cluster) is { } count)
                await new ClusterDemoRun(output, files, parsed.GetValue(keep)).RunAsync(DemoNodes.Check(count), cancellationToken).ConfigureAwait(false);
            else
                await new DemoRun(output, files, parsed.GetValue(keep)).RunAsync(cancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }
}
