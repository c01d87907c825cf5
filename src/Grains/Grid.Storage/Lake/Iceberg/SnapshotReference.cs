namespace Grid.Storage.Lake.Iceberg;

/// <summary>A branch or a tag. Grid writes <c>main</c> only; those that others made keep their snapshots from expiring.</summary>
internal sealed record SnapshotReference
{
    public const string Main = "main";

    public const string Branch = "branch";

    public required SnapshotId Snapshot { get; init; }

    /// <summary><c>branch</c> or <c>tag</c>.</summary>
    public required string Type { get; init; }

    public int? SnapshotsMin { get; init; }

    public long? SnapshotAgeMsMax { get; init; }

    public long? ReferenceAgeMsMax { get; init; }
}
