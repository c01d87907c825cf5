using Grid.Abstractions;

namespace Grid.Storage.Nodes;

/// <summary>The process that is a node now.</summary>
public sealed record NodeRegistration
{
    /// <summary>The node.</summary>
    public required NodeName Name { get; init; }

    /// <summary>Its data directory.</summary>
    public required NodeId Id { get; init; }

    /// <summary>This start of it.</summary>
    public required NodeId Run { get; init; }

    /// <summary>Its silo: address, port and generation.</summary>
    public required string Silo { get; init; }

    /// <summary>When it started, milliseconds since 1970 UTC.</summary>
    public required long StartedMs { get; init; }

    /// <summary>Until when it counts as running if it does not renew this, milliseconds since 1970 UTC.</summary>
    public long LeaseUntilMs { get; init; }

    /// <summary>What it fails together with; null: nothing.</summary>
    public string? Zone { get; init; }

    /// <summary>Where its data port listens, <c>address:port</c>; null: it has none.</summary>
    public string? DataPort { get; init; }
}
