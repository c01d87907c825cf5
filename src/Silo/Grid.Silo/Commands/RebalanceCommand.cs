using System.CommandLine;
using System.Globalization;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid rebalance</c>: evens out what nodes carry.</summary>
internal static class RebalanceCommand
{
    public static Command Build(CliConsole console)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be done." };
        var moves = MoveProgress.MovesOption();
        var tolerance = new Option<int>("--tolerance") { Description = "Nodes that differ by less than this many percent of the mean are even enough, 1 to 100.", HelpName = "PERCENT", DefaultValueFactory = _ => 10 };
        var command = new GridCommand(console, "rebalance",
            "Fill nodes that have little, such as new ones, from those that have much: by bytes and by what is written, then by leaders; replicas stay spread over zones. Tables get the copies that they ask for, draining "
            + "nodes become empty. Writers go on. Interrupted, moves under way end, and the same command goes on.",
            "grid rebalance --dry-run --connect HOST:PORT\ngrid rebalance --moves 4 --connect HOST:PORT") { dryRun, moves, tolerance };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var part = parsed.GetValue(tolerance) / 100.0;
            if (parsed.GetValue(dryRun))
            {
                Write(output, await session.Client.Cluster.PlanRebalanceAsync(part, cancellationToken).ConfigureAwait(false));
                return ExitCode.Ok;
            }

            var progress = new MoveProgress(output, draining: false);
            var end = await session.Client.Cluster.RebalanceAsync(parsed.GetValue(moves), part, progress, cancellationToken).ConfigureAwait(false);
            if (output.Json)
                output.JsonObject(json =>
                {
                    json.WriteNumber("moves", progress.Moves);
                    json.WriteNumber("leaderChanges", progress.LeaderChanges);
                    json.WriteNumber("stuck", end.Stuck.Length);
                });
            else
                output.Note($"The cluster is even. ({progress.Moves} moves, {progress.LeaderChanges} leader changes.)");
            foreach (var move in end.Stuck)
                output.Note($"Stuck: bucket {move.Bucket} of {move.Table?.ToString() ?? "a dropped table"}: {move.Problem}.");
            return end.Stuck.IsEmpty ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static void Write(CommandOutput output, RebalanceProgress plan)
    {
        var all = plan.Begun.Select(move => (What: "would move", Move: move)).Concat(plan.UnderWay.Select(move => (What: "under way", Move: move))).Concat(plan.Stuck.Select(move => (What: "stuck", Move: move))).ToList();
        if (output.Json)
        {
            foreach (var (what, move) in all)
                output.JsonObject(json =>
                {
                    json.WriteString("state", what);
                    json.WriteString("bucket", move.Bucket.ToString());
                    json.WriteString("table", move.Table?.ToString());
                    json.WriteString("from", string.Join(',', move.Replicas));
                    json.WriteString("to", string.Join(',', move.Target));
                    json.WriteNumber("bytes", move.Bytes);
                    json.WriteString("problem", move.Problem);
                });
            return;
        }

        if (all.Count == 0)
        {
            output.Note("The cluster is even; nothing would move.");
            return;
        }

        output.Table(["state", "bucket", "table", "from", "to", "bytes", "problem"], all.Select(line => new[]
        {
            line.What, line.Move.Bucket.ToString(), line.Move.Table?.ToString() ?? "", string.Join(' ', line.Move.Replicas), string.Join(' ', line.Move.Target), Humane.Bytes(line.Move.Bytes), line.Move.Problem ?? "",
        }), 5);
        output.Note(string.Create(CultureInfo.InvariantCulture, $"{plan.Begun.Count(move => !move.IsLeaderChange)} moves, {plan.Begun.Count(move => move.IsLeaderChange)} leader changes would be begun; 'grid rebalance' does it."));
    }
}
