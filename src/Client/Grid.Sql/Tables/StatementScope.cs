using System.Collections.Concurrent;
using Grid.Sql.Native;

namespace Grid.Sql.Tables;

/// <summary>What a statement began while it ran: reads of tables, and the first failure of one. Ends with it.</summary>
internal sealed class StatementScope(CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly ConcurrentBag<TableScan> _scans = [];
    private readonly ConcurrentBag<nint> _schemas = [];
    private Exception? _failure;

    /// <summary>Why a read failed; null: none did.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    public TableScan Begin(SqlTable table, IReadOnlyList<int> columns)
    {
        var scan = new TableScan(table, columns, cancellationToken);
        _scans.Add(scan);
        return scan;
    }

    /// <summary>Takes a converted Arrow schema over.</summary>
    public void Own(nint converted) => _schemas.Add(converted);

    public void Failed(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <summary>Call it when DuckDB runs nothing of the statement any more.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var scan in _scans)
            await scan.StopAsync().ConfigureAwait(false);
        while (_schemas.TryTake(out var converted))
            DuckNative.DestroyConvertedSchema(ref converted);
    }
}
