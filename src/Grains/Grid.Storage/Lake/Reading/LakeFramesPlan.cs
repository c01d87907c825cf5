using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Log;

namespace Grid.Storage.Lake.Reading;

/// <summary>What a request wants of lake files: the columns to read, and those that frames of the table's newest schema have of it. Lives for one read.</summary>
internal sealed class LakeFramesPlan
{
    private readonly PredicateEvaluator? _filter;

    /// <summary>Checks a request as a fetch from the log does.</summary>
    /// <exception cref="GridException">As <see cref="FetchShape"/> and <see cref="FrameProjector"/>.</exception>
    public LakeFramesPlan(TableInfo table, FetchRequest request)
    {
        var shape = new FetchShape(request with { WaitMsMax = 0 }, table);
        Schema = table.Schema;
        Compression = table.Options.Compression;
        BytesMax = shape.BytesMax;
        _filter = request.Filter is { } filter ? new PredicateEvaluator(filter, table.GetSchema(request.SchemaVersion)) : null;
        FrameColumns = shape.ProjectorOf(Schema)?.Columns;
        Arrow = ArrowSchemas.ToArrow(Schema, FrameColumns, change: false, version: false);
        FileSchema = LakeColumns.Extend(Schema);
        FileColumns = FrameColumns is null ? null : [.. FrameColumns, LakeColumns.Bucket.Id, LakeColumns.Offset.Id, LakeColumns.Timestamp.Id];
    }

    /// <summary>The schema version of the frames.</summary>
    public TableSchema Schema { get; }

    /// <summary>Their columns; null: all.</summary>
    public IReadOnlyList<ColumnId>? FrameColumns { get; }

    /// <summary>The same as Arrow has them.</summary>
    public Apache.Arrow.Schema Arrow { get; }

    /// <summary>Their compression.</summary>
    public FrameCompression Compression { get; }

    /// <summary>Most bytes of a block.</summary>
    public int BytesMax { get; }

    /// <summary>Whether row groups may be skipped.</summary>
    public bool HasFilter => _filter is not null;

    /// <summary>What files are read with.</summary>
    public TableSchema FileSchema { get; }

    /// <summary>The frames' columns, then bucket, offset and timestamp; null: all, in that order.</summary>
    public IReadOnlyList<ColumnId>? FileColumns { get; }

    /// <summary>False where the statistics of a row group rule out every row; receivers filter rows themselves.</summary>
    public bool MayMatch(ParquetFooter footer, int group) =>
        _filter is null || GroupStatistics.Of(footer, group, Schema, _filter.Columns) is not { } statistics || _filter.MayMatch(statistics, Schema);
}
