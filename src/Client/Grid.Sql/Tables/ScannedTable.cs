using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Sql.Tables;

/// <summary>Rows of a Grid table through the client's scan: columns that are not asked for and rows that the filter rules out don't travel.</summary>
internal sealed class ScannedTable(GridTable table, TableSchema schema, ScanOptions scan, long? rows) : SqlTable
{
    /// <inheritdoc/>
    public override ImmutableArray<Column> Columns => schema.Columns;

    /// <inheritdoc/>
    public override long? Rows => rows;

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SqlBatch> ReadAsync(IReadOnlyList<int> columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = scan with { Columns = [.. columns.Select(column => schema.Columns[column].Name)] };
        await foreach (var batch in table.ScanAsync(options, cancellationToken).ConfigureAwait(false))
            yield return new SqlBatch(batch.Rows, batch);
    }
}
