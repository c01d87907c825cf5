using Orleans.Runtime;

namespace Grid.Silo.Clustering;

/// <summary>A silo in <see cref="MembershipDocument"/>.</summary>
internal sealed record MembershipRow
{
    /// <summary><c>address:port@generation</c>.</summary>
    public required string Silo { get; init; }

    /// <summary>The table's version that wrote the row: its tag. "I am alive" does not change it.</summary>
    public required int Version { get; init; }

    public required SiloStatus Status { get; init; }

    public string? Name { get; init; }

    public string? Host { get; init; }

    /// <summary>The gateway's port; 0: none.</summary>
    public int ProxyPort { get; init; }

    public string? Role { get; init; }

    public int UpdateZone { get; init; }

    public int FaultZone { get; init; }

    public required DateTime StartTime { get; init; }

    /// <summary>When the row was written, at most; the silo's own object says more.</summary>
    public required DateTime AliveTime { get; init; }

    public SuspectVote[]? Suspects { get; init; }
}
