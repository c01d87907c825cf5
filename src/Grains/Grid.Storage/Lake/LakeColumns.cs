using Grid.Abstractions;

namespace Grid.Storage.Lake;

/// <summary>
/// Columns that every lake table has behind those of the Grid table: where a row came from. Their ids lie far above those that a table gives to its columns, and below
/// those that the Iceberg spec reserves (2,147,483,447 and above).
/// </summary>
public static class LakeColumns
{
    /// <summary>The bucket's number, int32, not null.</summary>
    public static Column Bucket { get; } = new("__bucket", DataType.Int32, nullable: false) { Id = new ColumnId(2_000_000_001) };

    /// <summary>The row's offset in its bucket's log, int64, not null.</summary>
    public static Column Offset { get; } = new("__offset", DataType.Int64, nullable: false) { Id = new ColumnId(2_000_000_002) };

    /// <summary>When the row was committed, timestamp in UTC, not null.</summary>
    public static Column Timestamp { get; } = new("__timestamp", DataType.TimestampUtc, nullable: false) { Id = new ColumnId(2_000_000_003) };

    /// <summary>A table's columns and those of the lake behind them.</summary>
    public static TableSchema Extend(TableSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return schema with { Columns = [.. schema.Columns, Bucket, Offset, Timestamp] };
    }
}
