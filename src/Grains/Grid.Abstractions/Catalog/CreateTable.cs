using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>Asks for a new table. Columns come without ids: the catalog numbers them.</summary>
[GenerateSerializer, Immutable, Alias("grid.CreateTable")]
public sealed record CreateTable
{
    /// <summary>The name; its database must exist.</summary>
    [Id(0)]
    public required TablePath Path { get; init; }

    /// <summary>The columns.</summary>
    [Id(1)]
    public required ImmutableArray<Column> Columns { get; init; }

    /// <summary>Names of the primary key's columns in key order; empty: a log table.</summary>
    [Id(2)]
    public ImmutableArray<string> PrimaryKey { get; init; } = [];

    /// <summary>Names of the bucket key's columns: a prefix of the primary key (without its partition columns), any columns of a log table that can be keys. Empty: the whole of that, or round robin.</summary>
    [Id(3)]
    public ImmutableArray<string> BucketKey { get; init; } = [];

    /// <summary>Options.</summary>
    [Id(4)]
    public TableOptions Options { get; init; } = new();

    /// <summary>Answer the existing table where there is one of that name, instead of refusing.</summary>
    [Id(5)]
    public bool IfNotExists { get; init; }

    /// <summary>Names of the columns whose values choose a row's partition: scalars other than floats, of a primary-key table from the primary key, at most <see cref="PartitionValues.ColumnsMax"/>. Empty: no partitions.</summary>
    [Id(6)]
    public ImmutableArray<string> PartitionBy { get; init; } = [];
}
