using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Reads a metadata file, also one that others wrote. Checks what later code relies on: ids that refer to something, and that nothing stands there twice.</summary>
internal static class TableMetadataReader
{
    /// <summary>Most bytes of a metadata file: some ten thousand snapshots.</summary>
    public const int BytesMax = 32 * 1024 * 1024;

    private static readonly HashSet<string> Known =
    [
        "format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms", "last-column-id", "current-schema-id", "schemas", "schema", "default-spec-id",
        "partition-specs", "partition-spec", "last-partition-id", "default-sort-order-id", "sort-orders", "properties", "current-snapshot-id", "refs", "snapshots", "snapshot-log",
        "metadata-log",
    ];

    /// <exception cref="GridException">Damaged, too large, of another version of the format, or with types that Grid does not have.</exception>
    public static TableMetadata Read(ReadOnlyMemory<byte> utf8) => JsonFields.Parse(utf8, BytesMax, "table metadata", Read);

    private static TableMetadata Read(JsonElement root)
    {
        var version = root.AsObject("table metadata").Int("format-version");
        if (version != TableMetadata.FormatVersion)
            throw LakeErrors.Unsupported($"version {version} of Iceberg's format");
        var table = new TableMetadata
        {
            TableUuid = root.Uuid("table-uuid"),
            Location = root.Text("location").TrimEnd('/'),
            LastSequence = new SequenceNumber(root.Long("last-sequence-number")),
            LastUpdatedMs = root.Long("last-updated-ms"),
            LastColumnId = root.Int("last-column-id"),
            CurrentSchemaId = root.Int("current-schema-id"),
            Schemas = root.List("schemas", IcebergSchemaReader.Read),
            DefaultSpecId = root.Int("default-spec-id"),
            PartitionSpecs = root.List("partition-specs", LakePartitionSpec.Read),
            LastPartitionId = root.Int("last-partition-id"),
            SortOrders = new SortOrders(root.Get("sort-orders").Clone(), root.Int("default-sort-order-id")),
            Properties = root.Texts("properties"),
            CurrentSnapshotId = SnapshotOf(root, "current-snapshot-id"),
            OtherReferences = References(root),
            Snapshots = root.List("snapshots", ReadSnapshot),
            SnapshotLog = root.List("snapshot-log", entry => new SnapshotLogEntry(entry.AsObject("snapshot log").Long("timestamp-ms"), new SnapshotId(entry.Long("snapshot-id")))),
            MetadataLog = root.List("metadata-log", entry => new MetadataLogEntry(entry.AsObject("metadata log").Long("timestamp-ms"), entry.Text("metadata-file"))),
            OtherFields = OtherFields(root),
        };
        Check(table);
        return table;
    }

    private static Snapshot ReadSnapshot(JsonElement element) => new()
    {
        Id = new SnapshotId(element.AsObject("snapshot").Long("snapshot-id")),
        Parent = SnapshotOf(element, "parent-snapshot-id"),
        Sequence = new SequenceNumber(element.Long("sequence-number")),
        TimestampMs = element.Long("timestamp-ms"),
        ManifestList = element.Text("manifest-list"),
        Summary = element.Texts("summary"),
        SchemaId = element.FindInt("schema-id"),
    };

    private static ImmutableSortedDictionary<string, SnapshotReference> References(JsonElement root)
    {
        var references = ImmutableSortedDictionary.CreateBuilder<string, SnapshotReference>(StringComparer.Ordinal);
        if (root.Find("refs") is not { } map)
            return references.ToImmutable();
        foreach (var property in map.AsObject("refs").EnumerateObject())
            if (property.Name != SnapshotReference.Main && SnapshotOf(property.Value.AsObject("reference"), "snapshot-id") is { } snapshot)
                references[property.Name] = new SnapshotReference
                {
                    Snapshot = snapshot,
                    Type = property.Value.Text("type"),
                    SnapshotsMin = property.Value.FindInt("min-snapshots-to-keep"),
                    SnapshotAgeMsMax = property.Value.FindLong("max-snapshot-age-ms"),
                    ReferenceAgeMsMax = property.Value.FindLong("max-ref-age-ms"),
                };
        return references.ToImmutable();
    }

    /// <summary>Some writers say -1 for none.</summary>
    private static SnapshotId? SnapshotOf(JsonElement element, string name) => element.FindLong(name) is { } id and not -1 ? new SnapshotId(id) : null;

    private static ImmutableSortedDictionary<string, JsonElement> OtherFields(JsonElement root)
    {
        var fields = ImmutableSortedDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
            if (!Known.Contains(property.Name))
                fields[property.Name] = property.Value.Clone();
        return fields.ToImmutable();
    }

    private static void Check(TableMetadata table)
    {
        Require(table.Schemas.Select(schema => schema.Version).Distinct().Count() == table.Schemas.Length, "two schemas have one id");
        Require(table.Schemas.Any(schema => schema.Version.Value == table.CurrentSchemaId), $"there is no schema {table.CurrentSchemaId}, the current one");
        Require(table.PartitionSpecs.Select(spec => spec.Id).Distinct().Count() == table.PartitionSpecs.Length, "two partition specs have one id");
        Require(table.PartitionSpecs.Any(spec => spec.Id == table.DefaultSpecId), $"there is no partition spec {table.DefaultSpecId}, the default one");
        Require(table.SortOrders.Orders.ValueKind == JsonValueKind.Array, "'sort-orders' is not a list");
        Require(table.LastSequence.Value >= 0 && table.Snapshots.All(snapshot => snapshot.Sequence.Value >= 0 && snapshot.Sequence.CompareTo(table.LastSequence) <= 0),
            $"a sequence number is negative or above {table.LastSequence}, the last one");
        Require(table.Snapshots.Select(snapshot => snapshot.Id).Distinct().Count() == table.Snapshots.Length, "two snapshots have one id");
        Require(table.CurrentSnapshotId is not { } current || table.Find(current) is not null, $"there is no snapshot {table.CurrentSnapshotId}, the current one");
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
            throw LakeErrors.Damaged(problem);
    }
}
