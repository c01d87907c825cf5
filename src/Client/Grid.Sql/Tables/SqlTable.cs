using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Sql.Tables;

/// <summary>Rows that a statement reads as a table, whatever they come from. Read as often as the statement names it; each read gives the same rows where the table says so.</summary>
internal abstract class SqlTable
{
    /// <summary>The columns.</summary>
    public abstract ImmutableArray<Column> Columns { get; }

    /// <summary>About how many rows there are; null: not known.</summary>
    public virtual long? Rows => null;

    /// <summary>Some columns of all rows, in batches; none of them: row counts only.</summary>
    /// <param name="columns">Positions in <see cref="Columns"/>.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public abstract IAsyncEnumerable<SqlBatch> ReadAsync(IReadOnlyList<int> columns, CancellationToken cancellationToken);
}
