using Apache.Arrow;

namespace Grid.Sql.Tables;

/// <summary>Rows on their way into DuckDB, and what holds their memory.</summary>
internal sealed class SqlBatch(RecordBatch rows, IDisposable? memory = null) : IDisposable
{
    public RecordBatch Rows { get; } = rows;

    public void Dispose() => memory?.Dispose();
}
