using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>
/// A version of a table's lake table: its files, and for each bucket the offset at which the log goes on behind them. Rows of the files and rows of the log from those offsets are the table, each row once. The files
/// stay at least for as long as snapshots are kept, a day by default.
/// </summary>
public sealed class LakeSnapshot
{
    internal LakeSnapshot(TableSchema schema, string? location, int version, long? snapshotId, DateTimeOffset committedAt, ImmutableArray<LogOffset> tiered, ImmutableArray<LakeDataFile> files)
    {
        Schema = schema;
        Location = location;
        Version = version;
        SnapshotId = snapshotId;
        CommittedAt = committedAt;
        Tiered = tiered;
        Files = files;
    }

    /// <summary>The table's schema when the snapshot was opened, newer than that of its older files.</summary>
    public TableSchema Schema { get; }

    /// <summary>The lake table's folder as engines open it; null where there is no lake table yet.</summary>
    public string? Location { get; }

    /// <summary>The version of the lake table; 0 where there is none yet.</summary>
    public int Version { get; }

    /// <summary>The Iceberg id of its current snapshot; null where it has none.</summary>
    public long? SnapshotId { get; }

    /// <summary>When the version was committed, UTC.</summary>
    public DateTimeOffset CommittedAt { get; }

    /// <summary>The first offset of each bucket that is not in the lake, by bucket number; 0: nothing of the bucket is.</summary>
    public ImmutableArray<LogOffset> Tiered { get; }

    /// <summary>The files.</summary>
    public ImmutableArray<LakeDataFile> Files { get; }

    /// <summary>Without the data files whose bounds prove that no row of theirs matches. Offsets stay as they are.</summary>
    /// <param name="filter">A predicate of <see cref="Schema"/>.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public LakeSnapshot Where(Predicate filter)
    {
        var evaluator = new PredicateEvaluator(filter, Schema);
        return new LakeSnapshot(Schema, Location, Version, SnapshotId, CommittedAt, Tiered, [.. Files.Where(file => MayMatch(evaluator, file))]);
    }

    private bool MayMatch(PredicateEvaluator evaluator, LakeDataFile file) =>
        file.Content != LakeContent.Data || file.Statistics.IsDefaultOrEmpty || file.Rows is < 0 or > int.MaxValue
        || evaluator.MayMatch(FrameStatistics.Of((int)file.Rows, ImmutableCollectionsMarshal.AsArray(file.Statistics)!), Schema);
}
