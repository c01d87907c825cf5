using System.Collections.Immutable;
using System.Globalization;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Writes a manifest into memory and sums it up for the manifest list.</summary>
internal sealed class ManifestWriter
{
    private readonly LakePartitionSpec _spec;
    private readonly ManifestContent _content;
    private readonly SnapshotId _snapshot;
    private readonly DataType[] _types;
    private readonly AvroSchema _schema;
    private readonly AvroContainerWriter _container;
    private readonly FieldSummaryBuilder[] _summaries;
    private FileCounts _added;
    private FileCounts _existing;
    private FileCounts _deleted;
    private SequenceNumber? _sequenceMin;

    /// <param name="schema">The table's current schema, lake columns and all.</param>
    /// <param name="spec">The spec of every file in it.</param>
    /// <param name="content">What it lists.</param>
    /// <param name="snapshot">The snapshot that adds it.</param>
    /// <param name="framing">Its container.</param>
    public ManifestWriter(TableSchema schema, LakePartitionSpec spec, ManifestContent content, SnapshotId snapshot, AvroFraming framing)
    {
        _spec = spec;
        _content = content;
        _snapshot = snapshot;
        _types = [.. spec.Fields.Select(field => field.ResultType(schema))];
        _schema = ManifestSchema.For(spec, _types);
        _summaries = [.. _types.Select(type => new FieldSummaryBuilder(type))];
        _container = new AvroContainerWriter(
            _schema,
            [
                new("schema", IcebergSchema.ToJson(schema)),
                new("schema-id", schema.Version.ToString()),
                new("partition-spec", spec.FieldsToJson()),
                new("partition-spec-id", spec.Id.ToString(CultureInfo.InvariantCulture)),
                new("format-version", TableMetadata.FormatVersion.ToString(CultureInfo.InvariantCulture)),
                new("content", content == ManifestContent.Data ? "data" : "deletes"),
            ],
            framing);
    }

    /// <summary>Bytes so far, the last ones not compressed yet: when to begin another.</summary>
    public long Bytes => _container.Bytes;

    /// <summary>Entries so far.</summary>
    public int Count => _added.Files + _existing.Files + _deleted.Files;

    /// <exception cref="ArgumentException">It does not belong here, or its sequence numbers break the rule of its status: a bug.</exception>
    public void Add(ManifestEntry entry)
    {
        Require(entry.File.Content == LakeFileContent.Data == (_content == ManifestContent.Data), $"a manifest of {_content} lists no {entry.File.Content}");
        Require(entry.File.Partition.Length == _types.Length, $"the file has {entry.File.Partition.Length} partition values, the spec {_types.Length} fields");
        if (entry.Status == EntryStatus.Added)
            Require(entry is { DataSequence: null, FileSequence: null } && (entry.Snapshot is null || entry.Snapshot == _snapshot), "an added file has no sequence numbers yet");
        else
            Require(entry is { DataSequence: not null, FileSequence: not null, Snapshot: not null }, $"an entry with status {entry.Status} carries its snapshot and its first sequence numbers");

        var type = _schema.Root;
        _container.Add(new AvroRecord(type,
        [
            (int)entry.Status,
            (entry.Snapshot ?? _snapshot).Value,
            entry.DataSequence?.Value,
            entry.FileSequence?.Value,
            DataFileRecords.ToRecord(type.Fields[4].Type, entry.File, _types),
        ]));
        Sum(entry);
    }

    /// <summary>The manifest and its entry for the list, still without a sequence number; the writer is done.</summary>
    /// <param name="location">Where the manifest will be.</param>
    public (byte[] Bytes, ManifestFile File) Finish(string location)
    {
        var bytes = _container.Finish();
        return (bytes, new ManifestFile
        {
            Location = location,
            Bytes = bytes.Length,
            PartitionSpecId = _spec.Id,
            Content = _content,
            SequenceMin = _sequenceMin,
            Snapshot = _snapshot,
            Added = _added,
            Existing = _existing,
            Deleted = _deleted,
            Partitions = [.. _summaries.Select(summary => summary.Build())],
        });
    }

    private void Sum(ManifestEntry entry)
    {
        switch (entry.Status)
        {
            case EntryStatus.Added:
                _added = _added.Add(entry.File.Rows);
                break;
            case EntryStatus.Existing:
                _existing = _existing.Add(entry.File.Rows);
                break;
            default:
                _deleted = _deleted.Add(entry.File.Rows);
                break;
        }

        if (entry.IsLive && entry.DataSequence is { } sequence)
            _sequenceMin = SequenceNumber.Min(_sequenceMin ?? sequence, sequence);
        for (var i = 0; i < _summaries.Length; i++)
            _summaries[i].Add(PartitionValues.Stored(entry.File.Partition[i]));
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
            throw new ArgumentException($"The entry cannot be written: {problem}.");
    }
}
