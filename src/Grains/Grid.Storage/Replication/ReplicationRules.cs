using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>What a table's options come to in a cluster.</summary>
public static class ReplicationRules
{
    private const int ReplicasDefault = 3;
    private const int MinInSyncDefault = 2;

    /// <summary>
    /// Decided once, when a bucket's record is made: three copies where three nodes live, else one, unless the table says otherwise. A table that asks for more copies than nodes live gets a
    /// record with fewer; the number it asks for stays the goal, and <see cref="ReplicationFactor.MinInSync"/> is not lowered: whoever asked for two copies is not served with one.
    /// </summary>
    /// <param name="options">The table's options.</param>
    /// <param name="liveNodes">Nodes that live now.</param>
    public static ReplicationFactor Resolve(TableOptions options, int liveNodes)
    {
        ArgumentNullException.ThrowIfNull(options);
        var replicas = options.Replicas != 0 ? options.Replicas : liveNodes >= ReplicasDefault ? ReplicasDefault : 1;
        return new ReplicationFactor(replicas, MinInSync(options, replicas));
    }

    /// <summary>How many replicas must be in sync for a write to a bucket that exists: by the table's options, by what was decided in its record, or by the number of its replicas.</summary>
    /// <param name="options">The table's options.</param>
    /// <param name="record">The bucket's record.</param>
    public static int MinInSync(TableOptions options, BucketRecord record)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(record);
        return options.MinInSync == 0 && record.MinInSync != 0 ? record.MinInSync : MinInSync(options, record.Replicas.Length);
    }

    /// <summary>The same for a bucket that is to have so many replicas.</summary>
    /// <param name="options">The table's options.</param>
    /// <param name="replicas">The replicas that the bucket has.</param>
    public static int MinInSync(TableOptions options, int replicas)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.MinInSync != 0 ? options.MinInSync : Math.Max(options.Replicas, replicas) >= ReplicasDefault ? MinInSyncDefault : 1;
    }
}
