using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Replication;

/// <summary>What the parts of one bucket's replica share. Used by the bucket's loop alone.</summary>
internal sealed class ReplicaContext
{
    private long _calls;

    public required NodeName Self { get; init; }

    public required ReplicaOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    public required IReplicaOutbox Outbox { get; init; }

    public required IFileStore Files { get; init; }

    /// <summary>The bucket's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The machine's present boot.</summary>
    public Guid Boot { get; init; }

    /// <summary>The table; swapped when it changes.</summary>
    public required TableInfo Table { get; set; }

    public long NextCall() => ++_calls;

    /// <summary>Milliseconds in <see cref="TimeProvider.GetTimestamp"/>'s ticks.</summary>
    public long Ticks(int milliseconds) => milliseconds * Time.TimestampFrequency / 1000;

    /// <summary>How many replicas must be in sync for a write where a bucket has so many.</summary>
    public int MinInSyncOf(int replicas) => ReplicationRules.MinInSync(Table.Options, replicas);

    /// <summary>How many replicas must be in sync for a write, as the record has it.</summary>
    public int MinInSync(BucketRecord record) => ReplicationRules.MinInSync(Table.Options, record);
}
