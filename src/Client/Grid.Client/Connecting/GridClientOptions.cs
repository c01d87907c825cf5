namespace Grid.Client;

/// <summary>How a client retries, buffers and reads. Every wait and buffer has its limit here.</summary>
public sealed record GridClientOptions
{
    /// <summary>
    /// <c>host:port</c> of a silo's gateway, or several joined by commas; used by <c>AddGridClient</c>. Null: use the Orleans client of the container.
    /// </summary>
    public string? Endpoint { get; init; }

    /// <summary>
    /// How long <see cref="GridClient.ConnectAsync"/> waits for a Grid to answer before it says that none does; more than zero. A client of <c>AddGridClient</c> connects
    /// as part of its host, which waits as long as its own <c>HostOptions.StartupTimeout</c> says, so that a service may start before its Grid.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request that may be repeated safely is retried before its failure is reported, more than zero.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first pause before a retry; it doubles with each one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest pause before a retry: what a caller waits longer, at most, than it takes another node to take a bucket over.</summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Buckets that one scan reads at the same time, 1 or more.</summary>
    public int ScanBucketsMax { get; init; } = 4;

    /// <summary>Frames that a scan holds ready for its consumer, over all buckets, 1 or more.</summary>
    public int ScanFramesMax { get; init; } = 16;

    /// <summary>How long a reader that has reached the end asks the server to wait for more, in one call; at most 30 s.</summary>
    public TimeSpan FetchWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a stream of a partitioned table looks for partitions that have come, more than zero: their rows come at most so much later.</summary>
    public TimeSpan PartitionLook { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a lookup with <see cref="ReadPreference.Follower"/> waits for a follower before it asks the leader, more than zero.</summary>
    public TimeSpan FollowerWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Whether long reads with an end go over the nodes' data ports, where they can be reached; by grain calls otherwise, more slowly.</summary>
    public bool UseDataPort { get; init; } = true;

    /// <summary>
    /// TLS to the nodes at <see cref="Endpoint"/>, or at the endpoint given to <c>ConnectAsync</c>, their data ports included. Null: connections are plain. A client over somebody
    /// else's Orleans client does not look at it: there, a <see cref="CertificateSource"/> in the container is used for data ports.
    /// </summary>
    public GridTlsOptions? Tls { get; init; }

    /// <summary>Options of the writers that tables make for <c>AppendAsync</c>, <c>UpsertAsync</c> and <c>DeleteAsync</c>.</summary>
    public WriterOptions Writer { get; init; } = new();
}
