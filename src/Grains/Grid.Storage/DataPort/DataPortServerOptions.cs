using System.Net;
using Grid.Abstractions;

namespace Grid.Storage.DataPort;

/// <summary>Where a data port listens and what its peers may use.</summary>
public sealed record DataPortServerOptions
{
    /// <summary>Address and port to listen on; port 0: any that is free.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>The name or address by which peers reach this node; it stands in the tickets.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Most connections at a time, 1 to 10,000; others are closed at once. Each has two buffers of 1 MiB once its ticket was accepted.</summary>
    public int ConnectionsMax { get; init; } = 64;

    /// <summary>How long a peer may take for TLS and hello together.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may take to accept one packet.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a ticket is good.</summary>
    public TimeSpan TicketLife { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most tickets that were given and not used, 1 to 1,000,000.</summary>
    public int TicketsMax { get; init; } = 4096;

    /// <summary>Wraps a connection's stream, for TLS; the answer owns the stream given. Null: plain TCP.</summary>
    public Func<Stream, CancellationToken, ValueTask<Stream>>? Wrap { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: names the option.</exception>
    public void Validate()
    {
        Require(ConnectionsMax is >= 1 and <= 10_000, nameof(ConnectionsMax), ConnectionsMax, "1 to 10000");
        Require(TicketsMax is >= 1 and <= 1_000_000, nameof(TicketsMax), TicketsMax, "1 to 1000000");
        Require(HandshakeTimeout > TimeSpan.Zero, nameof(HandshakeTimeout), HandshakeTimeout, "more than zero");
        Require(IdleTimeout > TimeSpan.Zero, nameof(IdleTimeout), IdleTimeout, "more than zero");
        Require(TicketLife > TimeSpan.Zero, nameof(TicketLife), TicketLife, "more than zero");
        Require(!string.IsNullOrWhiteSpace(Host), nameof(Host), $"'{Host}'", "a name or an address");
    }

    private static void Require(bool legal, string option, object value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"Data port: {option} is {value}; legal is {range}.");
    }
}
