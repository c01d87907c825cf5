using Grid.Abstractions;

namespace Grid.Storage.Catalog;

/// <summary><c>catalog/databases/NAME.json</c>: a database exists while this object does.</summary>
internal sealed record DatabaseDocument
{
    public required int Format { get; init; }

    public required string Name { get; init; }

    public required long CreatedMs { get; init; }
}

/// <summary><c>catalog/names/DATABASE/TABLE.json</c>: which table has the name.</summary>
internal sealed record NameDocument
{
    public required int Format { get; init; }

    public required int Id { get; init; }
}

/// <summary><c>catalog/ids.json</c>: the next ids to be given.</summary>
internal sealed record IdsDocument
{
    public required int Format { get; init; }

    public required int NextTable { get; init; }

    public required long NextWriter { get; init; }
}

/// <summary><c>catalog/drops/ID.json</c>: a drop that is under way; what is not done yet is done by the next catalog that starts.</summary>
internal sealed record DropDocument
{
    public required int Format { get; init; }

    public required int Id { get; init; }
}

/// <summary><c>catalog/lakes/ID.json</c>: the table has, had or will have a lake table.</summary>
internal sealed record LakeDocument
{
    public required int Format { get; init; }

    public required int Id { get; init; }
}

/// <summary><c>catalog/tables/ID.json</c>: the truth of a table.</summary>
internal sealed record TableDocument
{
    public required int Format { get; init; }

    public required int Id { get; init; }

    public required string Database { get; init; }

    public required string Table { get; init; }

    public required long CreatedMs { get; init; }

    public bool Dropped { get; init; }

    public required OptionsDocument Options { get; init; }

    public required SchemaDocument[] Schemas { get; init; }
}

/// <summary>A table's options.</summary>
internal sealed record OptionsDocument
{
    public required int Buckets { get; init; }

    public required FrameCompression Compression { get; init; }

    public required FlushPolicy Flush { get; init; }

    public required long SegmentBytesMax { get; init; }

    public required long SegmentAgeMsMax { get; init; }

    public required long RetentionMs { get; init; }

    public required long RetentionBytes { get; init; }

    public required MergeEngine Merge { get; init; }

    public bool EmitUnchanged { get; init; }

    public int Replicas { get; init; }

    public int MinInSync { get; init; }

    public LakeMode Lake { get; init; }

    public long? LakeFreshnessMs { get; init; }

    public PartitionOptionsDocument? Partitions { get; init; }

    public RemoteMode? Remote { get; init; }

    public long? RemoteRetentionMs { get; init; }

    public long? RemoteRetentionBytes { get; init; }
}

/// <summary>A partitioned table's options.</summary>
internal sealed record PartitionOptionsDocument
{
    public required bool CreateOnWrite { get; init; }

    public required PartitionUnit Unit { get; init; }

    public required int Ahead { get; init; }

    public required int Kept { get; init; }

    public required int CountMax { get; init; }
}

/// <summary>A schema version.</summary>
internal sealed record SchemaDocument
{
    public required int Version { get; init; }

    public required int LastColumnId { get; init; }

    public required ColumnDocument[] Columns { get; init; }

    public int[]? PrimaryKey { get; init; }

    public int[]? BucketKey { get; init; }

    public int[]? PartitionKey { get; init; }
}

/// <summary>A column; a nested one's type is <c>list</c>, <c>struct</c> or <c>map</c>, and its children follow.</summary>
internal sealed record ColumnDocument
{
    public required int Id { get; init; }

    public required string Name { get; init; }

    public required string Type { get; init; }

    public required bool Nullable { get; init; }

    public string? Default { get; init; }

    public ColumnDocument[]? Children { get; init; }
}
