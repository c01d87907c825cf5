using System.CommandLine;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid node</c>: the cluster's nodes.</summary>
internal static class NodeCommand
{
    public static Command Build(CliConsole console) => new GridCommandGroup("node", "The cluster's nodes: list, drain, undrain.", "grid node list --connect HOST:PORT")
    {
        List(console),
        Drain(console),
        Undrain(console),
    };

    private static GridCommand List(CliConsole console)
    {
        var command = new GridCommand(console, "list", "List the nodes and what they have. Bytes and buckets count every replica; leaders are the buckets that a node leads.", "grid node list --connect HOST:PORT");
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            Write(output, await session.Client.Cluster.ListNodesAsync(cancellationToken).ConfigureAwait(false));
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Drain(CliConsole console)
    {
        var name = new Argument<string>("name") { Description = "The node's name." };
        var moves = MoveProgress.MovesOption();
        var command = new GridCommand(console, "drain",
            "Move everything away from a node, so that it can be stopped for good. Nothing new is placed there until 'grid node undrain'. Writers go on. Interrupted, moves under way end, and the same command goes on; "
            + "a node that is gone for good is drained the same way.",
            "grid node drain node-3 --connect HOST:PORT") { name, moves };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var node = parsed.GetRequiredValue(name);
            var progress = new MoveProgress(output, draining: true);
            await session.Client.Cluster.DrainAsync(node, parsed.GetValue(moves), progress, cancellationToken).ConfigureAwait(false);
            if (output.Json)
                output.JsonObject(json =>
                {
                    json.WriteString("drained", node);
                    json.WriteNumber("moves", progress.Moves);
                });
            else
                output.Note($"Node {node} has no buckets any more; it can be stopped. ({progress.Moves} moves.)");
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Undrain(CliConsole console)
    {
        var name = new Argument<string>("name") { Description = "The node's name." };
        var command = new GridCommand(console, "undrain", "Let a node take buckets again; 'grid rebalance' fills it.", "grid node undrain node-3 --connect HOST:PORT") { name };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var node = parsed.GetRequiredValue(name);
            var was = await session.Client.Cluster.UndrainAsync(node, cancellationToken).ConfigureAwait(false);
            if (output.Json)
                output.JsonObject(json =>
                {
                    json.WriteString("node", node);
                    json.WriteBoolean("wasDraining", was);
                });
            else
                output.Note(was ? $"Node {node} takes buckets again." : $"Node {node} was not draining.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(CommandOutput output, IReadOnlyList<NodeInfo> nodes)
    {
        if (output.Json)
        {
            foreach (var node in nodes)
                output.JsonObject(json =>
                {
                    json.WriteString("name", node.Name.Value);
                    json.WriteString("state", State(node));
                    json.WriteString("zone", node.Zone);
                    json.WriteString("address", node.Address);
                    json.WriteString("dataPort", node.DataPort);
                    json.WriteNumber("buckets", node.Buckets);
                    json.WriteNumber("leaders", node.Leaders);
                    json.WriteNumber("moving", node.Moving);
                    json.WriteNumber("bytes", node.Bytes);
                    json.WriteNumber("writtenPerSecond", node.WrittenPerSecond);
                });
            return;
        }

        output.Table(["node", "state", "zone", "address", "data port", "buckets", "leaders", "moving", "bytes", "written/s"], nodes.Select(node => new[]
        {
            node.Name.Value, State(node), node.Zone ?? "", node.Address ?? "", node.DataPort ?? "", Humane.Count(node.Buckets), Humane.Count(node.Leaders), Humane.Count(node.Moving),
            Humane.Bytes(node.Bytes), Humane.Bytes(node.WrittenPerSecond),
        }), 5, 6, 7, 8, 9);
    }

    private static string State(NodeInfo node) => node.State switch
    {
        NodeState.Gone => node.IsDraining ? "gone, draining" : "gone",
        NodeState.Draining => "draining",
        _ => "live",
    };
}
