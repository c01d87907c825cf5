namespace Grid.Cluster.Tests;

/// <summary>What one writer of the log table sent, 0, 1, 2, ..., and how far that was acknowledged. Its own task writes, the verifier reads afterwards.</summary>
internal sealed class WriterHistory(long id)
{
    /// <summary>The writer's number in its rows.</summary>
    public long Id => id;

    /// <summary>Rows sent.</summary>
    public long Attempted { get; set; }

    /// <summary>Rows acknowledged, all before the first that was not.</summary>
    public long Acknowledged { get; set; }
}

/// <summary>What one key of the primary-key table may hold: balances only rise, by one a write.</summary>
internal sealed class KeyHistory
{
    public long Attempted { get; set; }

    public long Acknowledged { get; set; }
}
