namespace Grid.Silo.Clustering;

/// <summary>The membership table as one object: docs/formats.md, "Cluster objects".</summary>
internal sealed record MembershipDocument
{
    /// <summary><see cref="ClusterJson.Format"/>.</summary>
    public required int Format { get; init; }

    /// <summary>Orleans' cluster id.</summary>
    public required string Cluster { get; init; }

    /// <summary>Rises by one with every row inserted or updated.</summary>
    public required int Version { get; init; }

    /// <summary>Marks of the last writes, the newest last: a writer that does not know its outcome looks for its own.</summary>
    public required string[] Writes { get; init; }

    public required MembershipRow[] Rows { get; init; }
}
