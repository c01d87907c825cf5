using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Grid.Client;
using Column = Grid.Abstractions.Column;

namespace Grid.Sql.Tables;

/// <summary>A table's changes up to an end that each bucket had when the statement began: kind, bucket, offset and commit time, then the table's columns.</summary>
internal sealed class ChangesTable(GridTable table, TableSchema schema, ChangeOptions changes, long? rows) : SqlTable
{
    /// <summary>How many columns stand before the table's own.</summary>
    public const int PlaceColumns = 4;

    /// <inheritdoc/>
    public override ImmutableArray<Column> Columns { get; } = ColumnsOf(schema);

    /// <inheritdoc/>
    public override long? Rows => rows;

    public static ImmutableArray<Column> ColumnsOf(TableSchema schema) =>
        [RowPlaceColumns.Change, RowPlaceColumns.Bucket, RowPlaceColumns.Offset, RowPlaceColumns.Timestamp, .. schema.Columns];

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SqlBatch> ReadAsync(IReadOnlyList<int> columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var own = columns.Where(column => column >= PlaceColumns).ToList();
        var options = changes with { Columns = [.. own.Select(column => Columns[column].Name)] };
        var fields = ArrowSchemas.ToArrow(new TableSchema { Version = schema.Version, Columns = [.. columns.Select(column => Columns[column])] });
        await foreach (var batch in table.ChangesAsync(options, cancellationToken).ConfigureAwait(false))
        {
            var arrays = columns.Select((column, i) => column >= PlaceColumns ? batch.Rows.Column(own.IndexOf(column)) : Place(column, batch, fields.FieldsList[i].DataType));
            yield return new SqlBatch(new RecordBatch(fields, arrays, batch.RowCount), batch);
        }
    }

    private static IArrowArray Place(int column, GridBatch batch, IArrowType type) => column switch
    {
        0 => Kinds(batch),
        1 => Numbers(batch, type, _ => batch.Bucket),
        2 => Numbers(batch, type, row => batch.OffsetOf(row).Value),
        _ => Numbers(batch, type, _ => batch.Timestamp.ToUnixTimeMilliseconds() * 1000),
    };

    private static StringArray Kinds(GridBatch batch)
    {
        var texts = new StringArray.Builder();
        for (var row = 0; row < batch.RowCount; row++)
            texts.Append(RowPlaceColumns.TextOf(batch.KindOf(row)));
        return texts.Build();
    }

    private static IArrowArray Numbers<T>(GridBatch batch, IArrowType type, Func<int, T> value)
        where T : unmanaged
    {
        var values = new T[batch.RowCount];
        for (var row = 0; row < values.Length; row++)
            values[row] = value(row);
        return ArrowArrayFactory.BuildArray(new ArrayData(type, values.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(MemoryMarshal.AsBytes(values.AsSpan()).ToArray())], null));
    }
}
