using Apache.Arrow;

namespace Grid.Client;

/// <summary>
/// Writes Arrow batches into a table, pipelined: rows gather per bucket, frames are encoded and sent in parallel, each bucket's in order. A writer has an identity
/// of its own with the server, so that a request repeated after a lost answer is stored once. Thread safe.
/// </summary>
public sealed class GridWriter : IAsyncDisposable
{
    internal GridWriter()
    {
    }

    /// <summary>
    /// Buffers rows: completes when there was room, before they are acknowledged. The batch may be disposed afterwards. A failure is thrown by a later call or by <see cref="FlushAsync"/>.
    /// </summary>
    /// <param name="batch">Columns matched by name to the newest schema version; nullable columns may be missing.</param>
    /// <param name="cancellationToken">Gives up waiting for room.</param>
    /// <exception cref="Grid.Abstractions.GridException">SchemaMismatch, UnknownColumn, NullNotAllowed, or an earlier row's failure.</exception>
    public ValueTask AddAsync(RecordBatch batch, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Primary-key tables: buffers deletes of the rows with these keys; otherwise as <see cref="AddAsync"/>.</summary>
    /// <param name="keys">The key columns, by name; others are ignored.</param>
    /// <param name="cancellationToken">Gives up waiting for room.</param>
    public ValueTask AddDeletesAsync(RecordBatch keys, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes rows and completes when all are acknowledged. The batch must stay valid until then.</summary>
    /// <exception cref="Grid.Abstractions.GridException">Any refusal of one of its rows; other rows may have been written.</exception>
    public Task<WriteResult> WriteAsync(RecordBatch batch, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Completes when every row given so far is acknowledged.</summary>
    /// <exception cref="Grid.Abstractions.GridException">The first failure since the last flush.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Flushes and closes the writer.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>Writes rows of type <typeparamref name="T"/>; see <see cref="GridWriter"/>.</summary>
/// <typeparam name="T">The row type.</typeparam>
public sealed class GridWriter<T> : IAsyncDisposable
    where T : class
{
    internal GridWriter()
    {
    }

    /// <summary>Buffers a row (an append, or an upsert in a primary-key table): completes when there was room. Failures are thrown by a later call or by <see cref="FlushAsync"/>.</summary>
    public ValueTask AddAsync(T row, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Buffers rows; as <see cref="AddAsync(T, CancellationToken)"/>.</summary>
    public ValueTask AddAsync(IEnumerable<T> rows, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Primary-key tables: buffers the delete of the row with this row's key.</summary>
    public ValueTask AddDeleteAsync(T row, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Writes a row and completes when it is acknowledged.</summary>
    public Task<WrittenRow> WriteAsync(T row, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Completes when every row given so far is acknowledged.</summary>
    /// <exception cref="Grid.Abstractions.GridException">The first failure since the last flush.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Flushes and closes the writer.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
