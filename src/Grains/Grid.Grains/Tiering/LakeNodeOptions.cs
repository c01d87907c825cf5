using Grid.Abstractions;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Tiering;

namespace Grid.Grains.Tiering;

/// <summary>The lake as a node uses it.</summary>
public sealed record LakeNodeOptions
{
    /// <summary>Where the warehouse is; null: <c>lake</c> in the data directory. Nodes of one cluster share it.</summary>
    public LakeLocation? Location { get; init; }

    /// <summary>What writing may use.</summary>
    public TierOptions Tier { get; init; } = new();

    /// <summary>When small files are rewritten into large ones.</summary>
    public CompactionOptions Compaction { get; init; } = new();

    /// <summary>How often a bucket says how far it is, and a table's tiering looks whether a round is due, milliseconds, 10 or more.</summary>
    public int TickMs { get; init; } = 1_000;

    /// <summary>How often it is made sure that every table's tiering runs, milliseconds, 100 or more.</summary>
    public int CheckMs { get; init; } = 15_000;

    /// <summary>How often a table's old snapshots and what belongs to them are deleted, milliseconds, 1 s or more.</summary>
    public int ExpireMs { get; init; } = 600_000;

    /// <summary>How often files that nothing refers to are looked for, milliseconds, 1 s or more.</summary>
    public int OrphansMs { get; init; } = 6 * 3_600_000;

    /// <summary>Reads of the lake that are kept open for whoever goes on with them, 1 to 1000; each may hold a row group.</summary>
    public int CursorsMax { get; init; } = 16;

    /// <summary>How long, milliseconds, 100 or more.</summary>
    public int CursorMsMax { get; init; } = 15_000;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the option, its value, the legal range.</exception>
    public void Validate()
    {
        Tier.Validate();
        Compaction.Validate();
        Require(TickMs >= 10, nameof(TickMs), TickMs, "10 or more");
        Require(CheckMs >= 100, nameof(CheckMs), CheckMs, "100 or more");
        Require(ExpireMs >= 1000, nameof(ExpireMs), ExpireMs, "1000 or more");
        Require(CursorsMax is >= 1 and <= 1000, nameof(CursorsMax), CursorsMax, "1 to 1000");
        Require(CursorMsMax >= 100, nameof(CursorMsMax), CursorMsMax, "100 or more");
        Require(OrphansMs >= 1000, nameof(OrphansMs), OrphansMs, "1000 or more");
    }

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"Lake option {option} is {value}; legal is {range}.");
    }
}
