using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>
/// Who leads a bucket and who has its log: one small object a bucket, changed only by compare-and-swap (PacificA's configuration manager). Only a
/// node of <see cref="InSync"/> may lead, and leading begins with raising <see cref="Epoch"/>; so no two nodes lead at one epoch, and a leader that was
/// deposed can change nothing here any more.
/// </summary>
[GenerateSerializer, Immutable, Alias("grid.BucketRecord")]
public sealed record BucketRecord
{
    /// <summary>Most replicas of a bucket.</summary>
    public const int ReplicasMax = 16;

    /// <summary>The epoch of a record that was just made.</summary>
    public static readonly LeaderEpoch NewEpoch = new(1);

    /// <summary>The epoch of the newest leadership, from 1; it only rises.</summary>
    [Id(0)]
    public required LeaderEpoch Epoch { get; init; }

    /// <summary>The node that leads, or led last; null: the last leader gave up and nobody took over yet.</summary>
    [Id(1)]
    public NodeName? Leader { get; init; }

    /// <summary>The nodes that hold a copy, the preferred leader first.</summary>
    [Id(2)]
    public required ImmutableArray<NodeName> Replicas { get; init; }

    /// <summary>The replicas that have everything that is committed.</summary>
    [Id(3)]
    public required ImmutableArray<NodeName> InSync { get; init; }

    /// <summary>The replicas the bucket is to have, the preferred leader first; empty: no move is under way. The leader adds the new ones, waits until they
    /// are in sync, and then lets the others go.</summary>
    [Id(4)]
    public ImmutableArray<NodeName> Target { get; init; } = [];

    /// <summary>
    /// How many replicas must be in sync for a write where the table's options do not say it: decided when the record is made and whenever a move ends, so that a table that is to have more copies
    /// takes writes as before until it has them. 0: by the number of replicas.
    /// </summary>
    [Id(5)]
    public int MinInSync { get; init; }

    /// <summary>Whether the record was made and nobody led the bucket yet: all replicas are in sync, with nothing.</summary>
    public bool IsNeverLed => Epoch == NewEpoch && Leader is null;

    /// <summary>Compares by content: arrays compare by their elements.</summary>
    public bool Equals(BucketRecord? other) =>
        other is not null && Epoch == other.Epoch && Leader == other.Leader && MinInSync == other.MinInSync
        && Replicas.AsSpan().SequenceEqual(other.Replicas.AsSpan()) && InSync.AsSpan().SequenceEqual(other.InSync.AsSpan())
        && Target.AsSpan().SequenceEqual(other.Target.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, Leader, Replicas.Length, InSync.Length, Target.Length);

    /// <inheritdoc/>
    public override string ToString() =>
        $"epoch {Epoch}, leader {Leader?.Value ?? "none"}, replicas [{string.Join(',', Replicas)}], in sync [{string.Join(',', InSync)}]"
        + (Target.IsDefaultOrEmpty ? "" : $", target [{string.Join(',', Target)}]");
}
