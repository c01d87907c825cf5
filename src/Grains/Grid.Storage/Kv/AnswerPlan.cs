using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>What the rows of an answer are to look like.</summary>
/// <param name="SchemaVersion">Of this schema version.</param>
/// <param name="Columns">These columns, in this order; default: all.</param>
/// <param name="Versions">With <c>_version</c>.</param>
internal readonly record struct AnswerShape(SchemaVersion SchemaVersion, ImmutableArray<ColumnId> Columns, bool Versions)
{
    public bool Equals(AnswerShape other) =>
        SchemaVersion == other.SchemaVersion && Versions == other.Versions && Columns.IsDefault == other.Columns.IsDefault
        && (Columns.IsDefault || Columns.AsSpan().SequenceEqual(other.Columns.AsSpan()));

    public override int GetHashCode() => HashCode.Combine(SchemaVersion, Versions, Columns.IsDefault ? -1 : Columns.Length);
}

/// <summary>Turns stored rows of one schema version into a frame of the version and columns that a reader wants. One caller at a time; reused.</summary>
internal sealed class AnswerPlan : IDisposable
{
    private readonly TableSchema _schema;
    private readonly ColumnId[]? _columns;
    private readonly RowDecoder _decoder;
    private readonly BatchConverter? _converter;
    private readonly FrameEncoder _encoder = new(new FrameEncoderOptions { Compression = FrameCompression.None, Statistics = false });

    public AnswerPlan(RowLayouts layouts, SchemaVersion rows, AnswerShape shape)
    {
        Layouts = layouts;
        Rows = rows;
        Shape = shape;
        _schema = layouts.Table.GetSchema(shape.SchemaVersion);
        _columns = shape.Columns.IsDefault ? null : [.. shape.Columns];
        var layout = layouts[rows];
        if (rows == shape.SchemaVersion)
        {
            _decoder = new RowDecoder(layout, _columns, change: false, shape.Versions);
            return;
        }

        // Only the columns that both sides know are read from the rows; the converter fills in the others.
        var wanted = _columns ?? _schema.Columns.Select(column => column.Id);
        ColumnId[] present = [.. wanted.Where(id => layout.Schema.IndexOf(id) >= 0)];
        _decoder = new RowDecoder(layout, present, change: false, shape.Versions);
        _converter = new BatchConverter(layout.Schema, present, _schema, _columns, narrow: true);
    }

    public RowLayouts Layouts { get; }

    /// <summary>The schema version of the rows it takes.</summary>
    public SchemaVersion Rows { get; }

    public AnswerShape Shape { get; }

    /// <summary>One uncompressed frame in a block that the caller owns.</summary>
    public FrameBlock Build(ReadOnlySpan<RowRef> rows)
    {
        var batch = _decoder.Decode(rows);
        if (_converter is { IsIdentity: false })
            batch = _converter.Convert(batch);
        return _encoder.Encode(batch, _schema, _columns, FrameFlags.None, default, 0);
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _encoder.Dispose();
    }
}
