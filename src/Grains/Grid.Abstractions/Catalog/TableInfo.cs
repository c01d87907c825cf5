using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>A table as the catalog knows it at one moment.</summary>
[GenerateSerializer, Immutable, Alias("grid.TableInfo")]
public sealed record TableInfo
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required TablePath Path { get; init; }

    /// <summary>Its id.</summary>
    [Id(1)]
    public required TableId Id { get; init; }

    /// <summary>Every schema version, oldest first; version n stands at n - 1.</summary>
    [Id(2)]
    public required ImmutableArray<TableSchema> Schemas { get; init; }

    /// <summary>Its options.</summary>
    [Id(3)]
    public required TableOptions Options { get; init; }

    /// <summary>When it was made, milliseconds since 1970 UTC.</summary>
    [Id(4)]
    public long CreatedMs { get; init; }

    /// <summary>The newest schema version.</summary>
    public TableSchema Schema => Schemas[^1];

    /// <summary>Whether it has a primary key.</summary>
    public bool HasPrimaryKey => Schema.HasPrimaryKey;

    /// <summary>Whether it has partitions.</summary>
    public bool IsPartitioned => Schema.IsPartitioned;

    /// <summary>The bucket of that number in a table without partitions.</summary>
    public BucketId Bucket(int number) => new(Id, new PartitionId(0), number);

    /// <summary>The bucket of that number in a partition.</summary>
    public BucketId Bucket(PartitionId partition, int number) => new(Id, partition, number);

    /// <summary>A schema version that exists.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>: the table has no such version.</exception>
    public TableSchema GetSchema(SchemaVersion version) =>
        version.Value >= 1 && version.Value <= Schemas.Length
            ? Schemas[version.Value - 1]
            : throw new GridException(GridErrorCode.SchemaMismatch, $"{Path} has no schema version {version}; it has 1 to {Schemas.Length}. Read the table's schema again.");
}
