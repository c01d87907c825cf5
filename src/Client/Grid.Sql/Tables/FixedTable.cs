using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Sql.Tables;

/// <summary>A few rows that are there already: what is known of a table, lists of names.</summary>
internal sealed class FixedTable(ImmutableArray<Column> columns, IReadOnlyList<IArrowArray> arrays, int length) : SqlTable
{
    /// <inheritdoc/>
    public override ImmutableArray<Column> Columns => columns;

    /// <inheritdoc/>
    public override long? Rows => length;

    /// <summary>One column of texts.</summary>
    public static FixedTable Texts(string name, IReadOnlyList<string> texts) =>
        new([new Column(name, DataType.String, nullable: false)], [new StringArray.Builder().AppendRange(texts).Build()], texts.Count);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<SqlBatch> ReadAsync(IReadOnlyList<int> columns, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var fields = ArrowSchemas.ToArrow(new TableSchema { Version = new SchemaVersion(1), Columns = [.. columns.Select(column => Columns[column])] });
        if (length > 0)
            yield return new SqlBatch(new RecordBatch(fields, columns.Select(column => arrays[column]), length));
    }
}
