namespace Grid.Client;

/// <summary>Which copy of a bucket answers a read.</summary>
public enum ReadPreference
{
    /// <summary>The leader: everything acknowledged before the read is seen.</summary>
    Leader = 0,

    /// <summary>
    /// A follower where one can answer in time, else the leader. Only committed rows are seen, of each bucket as it was at one offset; they may be older than the leader's, but are never
    /// below the floor that the read gives. Without a floor two reads in a row may go back in time. It spreads reads over the nodes; it does not make a single one faster.
    /// </summary>
    Follower = 1,
}
