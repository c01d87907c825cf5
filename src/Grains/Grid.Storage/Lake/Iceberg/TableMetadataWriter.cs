using System.Buffers;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Writes a metadata file: the JSON of the spec's "Table Metadata Fields". The same state gives the same bytes.</summary>
internal static class TableMetadataWriter
{
    /// <exception cref="GridException"><see cref="GridErrorCode.TooLarge"/>: more than a reader takes; expire snapshots.</exception>
    public static byte[] Write(TableMetadata table)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
            Write(writer, table);
        return bytes.WrittenCount <= TableMetadataReader.BytesMax ? bytes.WrittenSpan.ToArray()
            : throw LakeErrors.TooLarge("bytes of table metadata", bytes.WrittenCount, TableMetadataReader.BytesMax);
    }

    private static void Write(Utf8JsonWriter writer, TableMetadata table)
    {
        writer.WriteStartObject();
        writer.WriteNumber("format-version", TableMetadata.FormatVersion);
        writer.WriteString("table-uuid", table.TableUuid);
        writer.WriteString("location", table.Location);
        writer.WriteNumber("last-sequence-number", table.LastSequence.Value);
        writer.WriteNumber("last-updated-ms", table.LastUpdatedMs);
        writer.WriteNumber("last-column-id", table.LastColumnId);
        writer.WriteNumber("current-schema-id", table.CurrentSchemaId);
        WriteList(writer, "schemas", table.Schemas, IcebergSchema.Write);
        writer.WriteNumber("default-spec-id", table.DefaultSpecId);
        WriteList(writer, "partition-specs", table.PartitionSpecs, (json, spec) => spec.Write(json));
        writer.WriteNumber("last-partition-id", table.LastPartitionId);
        writer.WriteNumber("default-sort-order-id", table.SortOrders.DefaultId);
        writer.WritePropertyName("sort-orders");
        table.SortOrders.Orders.WriteTo(writer);
        writer.WriteTexts("properties", table.Properties);
        if (table.CurrentSnapshotId is { } current)
            writer.WriteNumber("current-snapshot-id", current.Value);
        WriteReferences(writer, table);
        WriteList(writer, "snapshots", table.Snapshots, WriteSnapshot);
        WriteList(writer, "snapshot-log", table.SnapshotLog, (json, entry) =>
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp-ms", entry.TimestampMs);
            json.WriteNumber("snapshot-id", entry.Snapshot.Value);
            json.WriteEndObject();
        });
        WriteList(writer, "metadata-log", table.MetadataLog, (json, entry) =>
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp-ms", entry.TimestampMs);
            json.WriteString("metadata-file", entry.Location);
            json.WriteEndObject();
        });
        foreach (var (name, value) in table.OtherFields)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteReferences(Utf8JsonWriter writer, TableMetadata table)
    {
        writer.WriteStartObject("refs");
        if (table.CurrentSnapshotId is { } current)
            WriteReference(writer, SnapshotReference.Main, new SnapshotReference { Snapshot = current, Type = SnapshotReference.Branch });
        foreach (var (name, reference) in table.OtherReferences)
            WriteReference(writer, name, reference);
        writer.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter writer, string name, SnapshotReference reference)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("snapshot-id", reference.Snapshot.Value);
        writer.WriteString("type", reference.Type);
        if (reference.SnapshotsMin is { } count)
            writer.WriteNumber("min-snapshots-to-keep", count);
        if (reference.SnapshotAgeMsMax is { } age)
            writer.WriteNumber("max-snapshot-age-ms", age);
        if (reference.ReferenceAgeMsMax is { } referenceAge)
            writer.WriteNumber("max-ref-age-ms", referenceAge);
        writer.WriteEndObject();
    }

    private static void WriteSnapshot(Utf8JsonWriter writer, Snapshot snapshot)
    {
        writer.WriteStartObject();
        writer.WriteNumber("snapshot-id", snapshot.Id.Value);
        if (snapshot.Parent is { } parent)
            writer.WriteNumber("parent-snapshot-id", parent.Value);
        writer.WriteNumber("sequence-number", snapshot.Sequence.Value);
        writer.WriteNumber("timestamp-ms", snapshot.TimestampMs);
        writer.WriteString("manifest-list", snapshot.ManifestList);
        writer.WriteTexts("summary", snapshot.Summary);
        if (snapshot.SchemaId is { } schema)
            writer.WriteNumber("schema-id", schema);
        writer.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in items)
            write(writer, item);
        writer.WriteEndArray();
    }
}
