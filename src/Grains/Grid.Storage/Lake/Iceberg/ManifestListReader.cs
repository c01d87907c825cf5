using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Reads a manifest list, also one that others wrote.</summary>
internal static class ManifestListReader
{
    /// <exception cref="GridException">Damaged, too large, or with something that Grid does not read.</exception>
    public static ImmutableArray<ManifestFile> Read(ReadOnlyMemory<byte> bytes) => [.. new AvroContainerReader(bytes).Records().Select(ReadManifest)];

    private static ManifestFile ReadManifest(AvroRecord record)
    {
        if (record.Find(519, "key_metadata") is not null)
            throw LakeErrors.Unsupported("an encrypted manifest");
        var content = record.Optional<int>(517, "content") ?? 0;
        return new ManifestFile
        {
            Location = record.RequiredObject<string>(500, "manifest_path"),
            Bytes = NotNegative(record.Required<long>(501, "manifest_length")),
            PartitionSpecId = record.Required<int>(502, "partition_spec_id"),
            Content = content is 0 or 1 ? (ManifestContent)content : throw LakeErrors.Damaged($"a manifest has the content {content}"),
            Sequence = new SequenceNumber(NotNegative(record.Required<long>(515, "sequence_number"))),
            SequenceMin = new SequenceNumber(NotNegative(record.Required<long>(516, "min_sequence_number"))),
            Snapshot = new SnapshotId(record.Required<long>(503, "added_snapshot_id")),
            Added = Counts(record, 504, "added_files_count", 512, "added_rows_count"),
            Existing = Counts(record, 505, "existing_files_count", 513, "existing_rows_count"),
            Deleted = Counts(record, 506, "deleted_files_count", 514, "deleted_rows_count"),
            Partitions = [.. (record.OptionalObject<object?[]>(507, "partitions") ?? []).Select(ReadSummary)],
        };
    }

    private static FieldSummary ReadSummary(object? item) => item is not AvroRecord record ? throw LakeErrors.Damaged("'partitions' is not a list of records") : new FieldSummary
    {
        ContainsNull = record.Required<bool>(509, "contains_null"),
        ContainsNan = record.Optional<bool>(518, "contains_nan"),
        LowerBound = Bound(record, 510, "lower_bound"),
        UpperBound = Bound(record, 511, "upper_bound"),
    };

    private static ImmutableArray<byte>? Bound(AvroRecord record, int fieldId, string name) =>
        record.OptionalObject<byte[]>(fieldId, name) is { } bytes ? ImmutableCollectionsMarshal.AsImmutableArray(bytes) : null;

    private static FileCounts Counts(AvroRecord record, int filesId, string files, int rowsId, string rows) =>
        new((int)NotNegative(record.Required<int>(filesId, files)), NotNegative(record.Required<long>(rowsId, rows)));

    private static long NotNegative(long number) => number >= 0 ? number : throw LakeErrors.Damaged($"a manifest has {number} bytes, files or rows, or such a sequence number");
}
