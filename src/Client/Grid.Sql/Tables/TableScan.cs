using System.Threading.Channels;

namespace Grid.Sql.Tables;

/// <summary>One read of a table within a statement: a task fetches, DuckDB's threads, which know no tasks, wait for what it has. Owned by the statement, which stops it.</summary>
internal sealed class TableScan
{
    private const int BatchesMax = 8;
    private readonly Channel<SqlBatch> _ready = Channel.CreateBounded<SqlBatch>(BatchesMax);
    private readonly CancellationTokenSource _stop;
    private readonly Task _fetching;

    public TableScan(SqlTable table, IReadOnlyList<int> columns, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _fetching = Task.Run(() => FetchAsync(table, columns), CancellationToken.None);
    }

    /// <summary>Waits for the next rows, which the caller disposes; null: there are no more. Any number of threads.</summary>
    public SqlBatch? Next()
    {
        while (true)
        {
            if (_ready.Reader.TryRead(out var batch))
                return batch;
            // Throws what the fetching ended with, where it failed.
            var more = _ready.Reader.WaitToReadAsync(_stop.Token);
            if (!(more.IsCompleted ? more.GetAwaiter().GetResult() : more.AsTask().GetAwaiter().GetResult()))
                return null;
        }
    }

    /// <summary>Ends the read.</summary>
    public async ValueTask StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _fetching.ConfigureAwait(false);
        while (_ready.Reader.TryRead(out var batch))
            batch.Dispose();
        _stop.Dispose();
    }

    /// <summary>Never fails: whoever waits gets the failure.</summary>
    private async Task FetchAsync(SqlTable table, IReadOnlyList<int> columns)
    {
        try
        {
            await foreach (var batch in table.ReadAsync(columns, _stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await _ready.Writer.WriteAsync(batch, _stop.Token).ConfigureAwait(false);
                }
                catch
                {
                    batch.Dispose();
                    throw;
                }
            }

            _ready.Writer.Complete();
        }
        catch (Exception failure)
        {
            _ready.Writer.Complete(failure);
        }
    }
}
