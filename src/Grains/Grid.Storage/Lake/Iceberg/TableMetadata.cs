using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>
/// The state of an Iceberg table, version 2 of the format: one immutable metadata file. Changes are pure functions to the next state; writing that file where no file was is the
/// commit, which is not this type's business.
/// </summary>
internal sealed record TableMetadata
{
    /// <summary>The version of the format that Grid reads and writes.</summary>
    public const int FormatVersion = 2;

    /// <summary>Most entries of <see cref="MetadataLog"/> that are kept.</summary>
    public const int MetadataLogMax = 100;

    /// <summary>Never changes.</summary>
    public required Guid TableUuid { get; init; }

    /// <summary>The table's folder, a URI without a slash at its end.</summary>
    public required string Location { get; init; }

    public SequenceNumber LastSequence { get; init; }

    /// <summary>Never falls, whatever the clock does.</summary>
    public required long LastUpdatedMs { get; init; }

    /// <summary>The highest field id ever given.</summary>
    public required int LastColumnId { get; init; }

    public required ImmutableArray<TableSchema> Schemas { get; init; }

    public required int CurrentSchemaId { get; init; }

    public required ImmutableArray<LakePartitionSpec> PartitionSpecs { get; init; }

    public required int DefaultSpecId { get; init; }

    public required int LastPartitionId { get; init; }

    public SortOrders SortOrders { get; init; } = SortOrders.Unsorted;

    public ImmutableSortedDictionary<string, string> Properties { get; init; } = Empty;

    /// <summary>Null before the first snapshot.</summary>
    public SnapshotId? CurrentSnapshotId { get; init; }

    /// <summary>Branches and tags but for <c>main</c>, which is the current snapshot.</summary>
    public ImmutableSortedDictionary<string, SnapshotReference> OtherReferences { get; init; } = ImmutableSortedDictionary<string, SnapshotReference>.Empty;

    /// <summary>Those whose files all exist, in the order of their sequence numbers.</summary>
    public ImmutableArray<Snapshot> Snapshots { get; init; } = [];

    public ImmutableArray<SnapshotLogEntry> SnapshotLog { get; init; } = [];

    public ImmutableArray<MetadataLogEntry> MetadataLog { get; init; } = [];

    /// <summary>Fields of the document that this type does not know (statistics, for one): kept as they are.</summary>
    public ImmutableSortedDictionary<string, JsonElement> OtherFields { get; init; } = ImmutableSortedDictionary<string, JsonElement>.Empty;

    private static ImmutableSortedDictionary<string, string> Empty { get; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public TableSchema CurrentSchema => Schemas.First(schema => schema.Version.Value == CurrentSchemaId);

    public LakePartitionSpec DefaultSpec => PartitionSpecs.First(spec => spec.Id == DefaultSpecId);

    public Snapshot? CurrentSnapshot => CurrentSnapshotId is { } id ? Find(id) : null;

    public Snapshot? Find(SnapshotId id) => Snapshots.FirstOrDefault(snapshot => snapshot.Id == id);

    /// <summary>A new table without snapshots.</summary>
    /// <param name="table">Its UUID.</param>
    /// <param name="location">Its folder.</param>
    /// <param name="schema">Its columns and those of the lake (<see cref="LakeColumns.Extend"/>).</param>
    /// <param name="spec">Its partition spec.</param>
    /// <param name="properties">Its properties.</param>
    /// <param name="nowMs">Milliseconds since 1970.</param>
    public static TableMetadata Create(
        Guid table, string location, TableSchema schema, LakePartitionSpec spec, ImmutableSortedDictionary<string, string> properties, long nowMs) => new()
        {
            TableUuid = table,
            Location = location.TrimEnd('/'),
            LastUpdatedMs = nowMs,
            LastColumnId = IcebergSchema.LastFieldId(schema),
            Schemas = [schema],
            CurrentSchemaId = schema.Version.Value,
            PartitionSpecs = [spec],
            DefaultSpecId = spec.Id,
            LastPartitionId = spec.LastFieldId,
            Properties = Empty.AddRange(properties),
        };

    /// <summary>The next state with a snapshot that is the current one. Its manifest list must have been written with <c>LastSequence.Next</c>.</summary>
    /// <param name="id">Its id, which no snapshot of the table has.</param>
    /// <param name="manifestList">Where its manifest list is.</param>
    /// <param name="operation">What it did: <see cref="Snapshot.Append"/> and so on.</param>
    /// <param name="summary">What else its summary says.</param>
    /// <param name="nowMs">Milliseconds since 1970.</param>
    public TableMetadata AddSnapshot(SnapshotId id, string manifestList, string operation, ImmutableSortedDictionary<string, string> summary, long nowMs)
    {
        if (Find(id) is not null)
            throw new ArgumentException($"The table has a snapshot {id} already.", nameof(id));
        var snapshot = new Snapshot
        {
            Id = id,
            Parent = CurrentSnapshotId,
            Sequence = LastSequence.Next,
            TimestampMs = Math.Max(nowMs, LastUpdatedMs),
            ManifestList = manifestList,
            Summary = Empty.AddRange(summary).SetItem(Snapshot.OperationKey, operation),
            SchemaId = CurrentSchemaId,
        };
        return this with
        {
            LastSequence = snapshot.Sequence,
            LastUpdatedMs = snapshot.TimestampMs,
            CurrentSnapshotId = id,
            Snapshots = Snapshots.Add(snapshot),
            SnapshotLog = SnapshotLog.Add(new SnapshotLogEntry(snapshot.TimestampMs, id)),
        };
    }

    /// <summary>The next state with another current schema, which is added where the table does not have its version yet.</summary>
    public TableMetadata SetSchema(TableSchema schema, long nowMs) => this with
    {
        LastUpdatedMs = Math.Max(nowMs, LastUpdatedMs),
        LastColumnId = Math.Max(LastColumnId, IcebergSchema.LastFieldId(schema)),
        Schemas = Schemas.Any(known => known.Version == schema.Version) ? Schemas : Schemas.Add(schema),
        CurrentSchemaId = schema.Version.Value,
    };

    /// <summary>The next state with properties set; a null removes one.</summary>
    public TableMetadata SetProperties(IEnumerable<KeyValuePair<string, string?>> changes, long nowMs)
    {
        var properties = Properties.ToBuilder();
        foreach (var (key, value) in changes)
        {
            if (value is null)
                properties.Remove(key);
            else
                properties[key] = value;
        }

        return this with { Properties = properties.ToImmutable(), LastUpdatedMs = Math.Max(nowMs, LastUpdatedMs) };
    }

    /// <summary>The next state without snapshots that are older than a time and not among the last of <c>main</c>; see <see cref="SnapshotExpiry"/>.</summary>
    /// <returns>The state, and the snapshots that are gone: what only they refer to may be deleted once the state is committed.</returns>
    public (TableMetadata Metadata, ImmutableArray<Snapshot> Expired) ExpireSnapshots(long olderThanMs, int keepLast, long nowMs, int keepMost = int.MaxValue) =>
        SnapshotExpiry.Expire(this, olderThanMs, keepLast, nowMs, keepMost);

    /// <summary>This state with the file of the state that it follows in its log. Each metadata file but the first is written so.</summary>
    public TableMetadata Following(TableMetadata previous, string previousLocation)
    {
        var log = MetadataLog.Add(new MetadataLogEntry(previous.LastUpdatedMs, previousLocation));
        return this with { MetadataLog = log.Length <= MetadataLogMax ? log : log[^MetadataLogMax..] };
    }
}
