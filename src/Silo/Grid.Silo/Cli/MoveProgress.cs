using System.CommandLine;
using Grid.Abstractions;

namespace Grid.Silo.Cli;

/// <summary>Shows how moves go: a line on the error stream whenever something has changed, in place on a terminal.</summary>
internal sealed class MoveProgress(CommandOutput output, bool draining) : IProgress<RebalanceProgress>
{
    private string _shown = "";

    /// <summary>Moves of replicas that were begun.</summary>
    public int Moves { get; private set; }

    /// <summary>Changes of leaders that were begun.</summary>
    public int LeaderChanges { get; private set; }

    /// <summary><c>--moves</c>.</summary>
    public static Option<int> MovesOption() => new("--moves")
    {
        Description = $"Most moves at a time, 1 to {RebalanceRequest.MovesLimit}. Fewer leave more of disk and network to writers and readers.",
        HelpName = "N",
        DefaultValueFactory = _ => 16,
    };

    /// <inheritdoc/>
    public void Report(RebalanceProgress value)
    {
        Moves += value.Begun.Count(move => !move.IsLeaderChange);
        LeaderChanges += value.Begun.Count(move => move.IsLeaderChange);
        var moving = value.Begun.Concat(value.UnderWay).ToList();
        var lag = moving.Sum(move => move.Lag ?? 0);
        var line = $"{(draining ? $"{value.Draining} buckets left, " : "")}{moving.Count} under way ({Humane.Bytes(moving.Where(move => !move.IsLeaderChange).Sum(move => move.Bytes))}, {Humane.Count(lag)} rows to go), "
            + $"{Moves} moves and {LeaderChanges} leader changes begun{(value.Stuck.IsEmpty ? "" : $", {value.Stuck.Length} stuck")}";
        if (line == _shown)
            return;
        if (output.Console.ErrorIsTerminal)
            output.Console.Error.Write($"\r{line.PadRight(_shown.Length)}{(value.IsDone ? Environment.NewLine : "")}");
        else
            output.Note(line);
        _shown = line;
    }
}
