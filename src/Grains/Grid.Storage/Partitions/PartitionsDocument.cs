namespace Grid.Storage.Partitions;

/// <summary><c>catalog/partitions/ID.json</c>: the partitions of a table. It exists while the table does.</summary>
internal sealed record PartitionsDocument
{
    public required int Format { get; init; }

    public required int Table { get; init; }

    public required long Change { get; init; }

    public required long NextPartition { get; init; }

    public required PartitionDocument[] Partitions { get; init; }

    public PartitionDocument[]? Dropping { get; init; }
}

/// <summary>A partition.</summary>
internal sealed record PartitionDocument
{
    public required long Id { get; init; }

    public required string[] Values { get; init; }

    public required long CreatedMs { get; init; }
}
