using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>What a log takes from its table and node; swapped whole when the table changes.</summary>
internal sealed record LogSettings
{
    public required TableInfo Table { get; init; }

    /// <summary>Whether an append is flushed to disk before it is answered.</summary>
    public required bool FlushEveryGroup { get; init; }

    /// <summary>Whether frames have the <c>_change</c> column: the log is a changelog.</summary>
    public bool Changelog => Table.HasPrimaryKey;

    public long SegmentBytesMax => Table.Options.SegmentBytesMax;

    public long SegmentAgeMsMax => Table.Options.SegmentAgeMsMax;

    /// <summary>The columns of a segment of that schema version.</summary>
    public Apache.Arrow.Schema ArrowSchemaOf(SchemaVersion version) => ArrowSchemas.ToArrow(Table.GetSchema(version), null, Changelog, version: false);

    public static LogSettings From(TableInfo table, FlushPolicy nodeDefault) => new()
    {
        Table = table,
        FlushEveryGroup = (table.Options.Flush == FlushPolicy.Default ? nodeDefault : table.Options.Flush) != FlushPolicy.Os,
    };
}
