using System.Globalization;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Reads a manifest, also one that others wrote; what it leaves to be inherited is filled in from the manifest list.</summary>
internal static class ManifestReader
{
    /// <summary>The entries in their order, read while they are enumerated.</summary>
    /// <param name="bytes">The manifest.</param>
    /// <param name="file">What the list says of it.</param>
    /// <param name="spec">The table's partition spec of that id.</param>
    /// <exception cref="GridException">Damaged, too large, or with something that Grid does not read; also while enumerating.</exception>
    public static IEnumerable<ManifestEntry> Read(ReadOnlyMemory<byte> bytes, ManifestFile file, LakePartitionSpec spec)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(spec.Id, file.PartitionSpecId, nameof(spec));
        var container = new AvroContainerReader(bytes);
        if (container.Text("partition-spec-id") is { } id && id != spec.Id.ToString(CultureInfo.InvariantCulture))
            throw LakeErrors.Damaged($"the manifest has the partition spec '{(id.Length <= 20 ? id : id[..20])}', its list says {spec.Id}");
        return container.Records().Select(record => ReadEntry(record, file, spec));
    }

    private static ManifestEntry ReadEntry(AvroRecord record, ManifestFile file, LakePartitionSpec spec)
    {
        var status = record.Required<int>(0, "status");
        var entry = new ManifestEntry
        {
            Status = status is >= 0 and <= 2 ? (EntryStatus)status : throw LakeErrors.Damaged($"a manifest entry has the status {status}"),
            Snapshot = record.Optional<long>(1, "snapshot_id") is { } snapshot ? new SnapshotId(snapshot) : file.Snapshot,
            DataSequence = SequenceOf(record, 3, "sequence_number"),
            FileSequence = SequenceOf(record, 4, "file_sequence_number"),
            File = DataFileRecords.FromRecord(record.RequiredObject<AvroRecord>(2, "data_file"), spec),
        };
        if (entry.File.Content == LakeFileContent.Data != (file.Content == ManifestContent.Data))
            throw LakeErrors.Damaged($"a manifest of {file.Content} lists {entry.File.Content}");
        // Only what is added inherits.
        if (entry.Status != EntryStatus.Added && (entry.DataSequence is null || entry.FileSequence is null))
            throw LakeErrors.Damaged($"a manifest entry with status {entry.Status} has no sequence number");
        return entry with { DataSequence = entry.DataSequence ?? file.Sequence, FileSequence = entry.FileSequence ?? file.Sequence };
    }

    private static SequenceNumber? SequenceOf(AvroRecord record, int fieldId, string name) =>
        record.Optional<long>(fieldId, name) is not { } value ? null : value >= 0 ? new SequenceNumber(value) : throw LakeErrors.Damaged($"'{name}' is {value}");
}
