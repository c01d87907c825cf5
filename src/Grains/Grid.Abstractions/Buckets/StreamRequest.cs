using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>Asks for a ticket to read a range of the log over the node's data port.</summary>
[GenerateSerializer, Immutable, Alias("grid.StreamRequest")]
public sealed record StreamRequest
{
    /// <summary>Where to begin, which columns, which frames. Its limit of bytes is that of a piece, its wait is not used.</summary>
    [Id(0)]
    public required FetchRequest Fetch { get; init; }

    /// <summary>The stream ends with the frame that reaches this offset; at most the high watermark.</summary>
    [Id(1)]
    public required LogOffset Stop { get; init; }
}

/// <summary>Lets its bearer read one stream, once: call the port, present the ticket.</summary>
[GenerateSerializer, Immutable, Alias("grid.StreamTicket")]
public sealed record StreamTicket
{
    /// <summary>The node's name or address for callers.</summary>
    [Id(0)]
    public required string Host { get; init; }

    /// <summary>The node's data port.</summary>
    [Id(1)]
    public required int Port { get; init; }

    /// <summary>The ticket: 32 random bytes. Whoever has them may read.</summary>
    [Id(2)]
    public required ImmutableArray<byte> Ticket { get; init; }

    /// <summary>When it expires, milliseconds since 1970 UTC by the node's clock.</summary>
    [Id(3)]
    public required long ExpiresAtMs { get; init; }
}
