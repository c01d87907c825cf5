using Grid.Abstractions;

namespace Grid.Sql.Tables;

/// <summary>Columns that tell where a row came from. Names and ids are those of lake files (docs/formats.md, "Lake table"); no table has columns of its own so called.</summary>
internal static class RowPlaceColumns
{
    /// <summary>The change kind: +I, -U, +U, -D.</summary>
    public static Column Change { get; } = new(SystemColumns.ChangeName, DataType.String, nullable: false) { Id = SystemColumns.Change };

    /// <summary>The bucket's number.</summary>
    public static Column Bucket { get; } = new("__bucket", DataType.Int32, nullable: false) { Id = new ColumnId(2_000_000_001) };

    /// <summary>The offset in its bucket's log.</summary>
    public static Column Offset { get; } = new("__offset", DataType.Int64, nullable: false) { Id = new ColumnId(2_000_000_002) };

    /// <summary>When it was committed.</summary>
    public static Column Timestamp { get; } = new("__timestamp", DataType.TimestampUtc, nullable: false) { Id = new ColumnId(2_000_000_003) };

    /// <summary>How a change kind is written.</summary>
    public static string TextOf(ChangeKind kind) => kind switch
    {
        ChangeKind.Insert => "+I",
        ChangeKind.UpdateBefore => "-U",
        ChangeKind.UpdateAfter => "+U",
        _ => "-D",
    };
}
