namespace Grid.Abstractions;

/// <summary>How a data port is called.</summary>
public sealed record DataPortClientOptions
{
    /// <summary>How long connecting, the handshake of <see cref="Wrap"/> and the server's answer may take together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the server may send nothing while bytes are awaited.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wraps the connection's stream, for TLS: gets the stream and the host called, answers a stream that owns the first. Null: plain TCP.</summary>
    public Func<Stream, string, CancellationToken, ValueTask<Stream>>? Wrap { get; init; }
}
