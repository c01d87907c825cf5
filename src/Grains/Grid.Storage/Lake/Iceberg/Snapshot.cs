using System.Collections.Immutable;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>A snapshot: all files of a table at some point in time.</summary>
internal sealed record Snapshot
{
    /// <summary>Only data files were added.</summary>
    public const string Append = "append";

    /// <summary>Files were replaced by others with the same rows.</summary>
    public const string Replace = "replace";

    /// <summary>Rows were added and others removed.</summary>
    public const string Overwrite = "overwrite";

    /// <summary>Rows were removed.</summary>
    public const string Delete = "delete";

    /// <summary>The key in a summary that has one of the above.</summary>
    public const string OperationKey = "operation";

    public required SnapshotId Id { get; init; }

    /// <summary>Null for a table's first.</summary>
    public SnapshotId? Parent { get; init; }

    public required SequenceNumber Sequence { get; init; }

    public required long TimestampMs { get; init; }

    /// <summary>The location of its manifest list.</summary>
    public required string ManifestList { get; init; }

    /// <summary>What changed, for people and programs; has <see cref="OperationKey"/>.</summary>
    public required ImmutableSortedDictionary<string, string> Summary { get; init; }

    /// <summary>The id of the schema that was current.</summary>
    public int? SchemaId { get; init; }
}
