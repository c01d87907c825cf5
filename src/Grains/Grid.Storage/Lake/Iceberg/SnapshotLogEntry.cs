namespace Grid.Storage.Lake.Iceberg;

/// <summary>When a snapshot became the current one.</summary>
/// <param name="TimestampMs">Milliseconds since 1970.</param>
/// <param name="Snapshot">Which.</param>
internal sealed record SnapshotLogEntry(long TimestampMs, SnapshotId Snapshot);
