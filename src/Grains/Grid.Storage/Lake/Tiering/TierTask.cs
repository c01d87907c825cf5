using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Tiering;

/// <summary>One bucket's part of a round.</summary>
/// <param name="Bucket">The bucket's number.</param>
/// <param name="From">The first offset that is not in the lake.</param>
/// <param name="Table">The table; its newest schema is that of the files.</param>
/// <param name="Folder">The lake table's folder below its store's root.</param>
internal sealed record TierTask(int Bucket, LogOffset From, TableInfo Table, string Folder)
{
    /// <summary>The bucket's partition; 0: the table has none.</summary>
    public PartitionId Partition { get; init; }

    /// <summary>The values of the table's partition columns, .NET types of <see cref="ValueText"/>.</summary>
    public ImmutableArray<object?> Values { get; init; } = [];

    /// <summary>The values of a file's partition: those of the table's, then the bucket.</summary>
    public ImmutableArray<object?> Tuple => [.. Values, Bucket];

    /// <summary>The bucket.</summary>
    public BucketId Id => Table.Bucket(Partition, Bucket);
}
