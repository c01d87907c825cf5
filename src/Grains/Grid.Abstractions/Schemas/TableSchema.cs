using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>One version of a table's schema. Immutable; changes make a new version, see <see cref="SchemaEvolution"/>.</summary>
[GenerateSerializer, Immutable, Alias("grid.TableSchema")]
public sealed record TableSchema
{
    /// <summary>Most columns of a table, nested fields not counted.</summary>
    public const int ColumnsMax = 2000;

    /// <summary>The version; from 1.</summary>
    [Id(0)]
    public required SchemaVersion Version { get; init; }

    /// <summary>The columns in their order.</summary>
    [Id(1)]
    public required ImmutableArray<Column> Columns { get; init; }

    /// <summary>The primary key's columns in key order; empty for a log table.</summary>
    [Id(2)]
    public ImmutableArray<ColumnId> PrimaryKey { get; init; } = [];

    /// <summary>The columns that choose the bucket: a prefix of the primary key without its partition columns, by default all of that; empty for a log table means round robin by batch.</summary>
    [Id(3)]
    public ImmutableArray<ColumnId> BucketKey { get; init; } = [];

    /// <summary>The highest column id ever given in this table, nested fields included.</summary>
    [Id(4)]
    public int LastColumnId { get; init; }

    /// <summary>The columns whose values choose the partition; empty: the table has no partitions. Of a primary-key table all are part of the primary key. None is part of the bucket key.</summary>
    [Id(5)]
    public ImmutableArray<ColumnId> PartitionKey { get; init; } = [];

    /// <summary>Whether the table has partitions.</summary>
    public bool IsPartitioned => !PartitionKey.IsDefaultOrEmpty;

    /// <summary>Whether the table has a primary key.</summary>
    public bool HasPrimaryKey => !PrimaryKey.IsDefaultOrEmpty;

    /// <summary>The position of a column, or -1.</summary>
    public int IndexOf(ColumnId id)
    {
        for (var i = 0; i < Columns.Length; i++)
            if (Columns[i].Id == id)
                return i;
        return -1;
    }

    /// <summary>The position of a column by its exact name, or -1.</summary>
    public int IndexOf(string name)
    {
        for (var i = 0; i < Columns.Length; i++)
            if (string.Equals(Columns[i].Name, name, StringComparison.Ordinal))
                return i;
        return -1;
    }

    /// <summary>The column of that name.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>: names the columns that exist.</exception>
    public Column GetColumn(string name)
    {
        var index = IndexOf(name);
        return index >= 0
            ? Columns[index]
            : throw new GridException(GridErrorCode.UnknownColumn,
                $"There is no column '{name}'; the columns are {string.Join(", ", Columns.Select(c => c.Name))}.");
    }

    /// <summary>The column of that id.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public Column GetColumn(ColumnId id)
    {
        var index = IndexOf(id);
        return index >= 0
            ? Columns[index]
            : throw new GridException(GridErrorCode.UnknownColumn,
                $"Schema version {Version} has no column with id {id}; read the table's schema again.");
    }
}
