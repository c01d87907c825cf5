using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Replication;

/// <summary>A bucket record as it was read, with the tag that a replace must name.</summary>
public sealed record VersionedRecord(BucketRecord Record, ObjectTag Tag);
