namespace Grid.Client;

/// <summary>How a client retries, buffers and reads. Every wait and buffer has its limit here.</summary>
public sealed record GridClientOptions
{
    /// <summary>
    /// <c>host:port</c> of a silo's gateway, or several joined by commas; used by <c>AddGridClient</c>. Null: use the Orleans client of the container.
    /// </summary>
    public string? Endpoint { get; init; }

    /// <summary>How long a request that may be repeated safely is retried before its failure is reported, more than zero.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first pause before a retry; it doubles with each one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest pause before a retry.</summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Buckets that one scan reads at the same time, 1 or more.</summary>
    public int ScanBucketsMax { get; init; } = 4;

    /// <summary>Frames that a scan holds ready for its consumer, over all buckets, 1 or more.</summary>
    public int ScanFramesMax { get; init; } = 16;

    /// <summary>How long a reader that has reached the end asks the server to wait for more, in one call; at most 30 s.</summary>
    public TimeSpan FetchWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Options of the writers that tables make for <c>AppendAsync</c>, <c>UpsertAsync</c> and <c>DeleteAsync</c>.</summary>
    public WriterOptions Writer { get; init; } = new();
}
