using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Sql;

/// <summary>The rows of a statement, as it finds them: nothing is held but the next ones. Read them once; disposing ends the statement, wherever it is.</summary>
public sealed class SqlResult : IAsyncEnumerable<RecordBatch>, IAsyncDisposable
{
    private readonly StatementRun _run;
    private readonly SemaphoreSlim _running;
    private int _read;
    private bool _disposed;

    internal SqlResult(StatementRun run, SemaphoreSlim running) => (_run, _running) = (run, running);

    /// <summary>The columns. Types are Arrow's: those of <see cref="ArrowSchemas"/> for columns of tables, fixed binary as binary; sums of whole numbers are decimal(38,0).</summary>
    public Schema Schema => _run.Schema;

    /// <summary>The rows in batches, each valid until the next one is asked for.</summary>
    /// <param name="cancellationToken">Interrupts the statement.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an error of the statement that only rows show, such as a division by zero; <see cref="GridErrorCode.Timeout"/>,
    /// <see cref="GridErrorCode.TooLarge"/> (memory), or what reading a table failed with.</exception>
    public async IAsyncEnumerator<RecordBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _read, 1) != 0)
            throw new InvalidOperationException("The rows of a statement are read once.");
        while (await _run.NextAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            using (batch)
                yield return batch;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        try
        {
            await _run.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _running.Release();
        }
    }
}
