using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tables;
using Grid.Client.Writing;

namespace Grid.Client;

/// <summary>
/// Writes Arrow batches into a table, pipelined: rows gather per bucket, frames are encoded and sent in parallel, each bucket's in order. A writer has an identity
/// of its own with the server, so that a request repeated after a lost answer is stored once. Thread safe.
/// </summary>
public sealed class GridWriter : IAsyncDisposable
{
    private readonly TableHandle _table;

    internal GridWriter(TableHandle table, WriterOptions options)
    {
        _table = table;
        Core = new TableWriter(table, options);
    }

    internal TableWriter Core { get; }

    /// <summary>
    /// Buffers rows: completes when there was room, before they are acknowledged. The batch may be disposed afterwards. A failure is thrown by a later call or by
    /// <see cref="FlushAsync"/>. Log tables append, primary-key tables upsert.
    /// </summary>
    /// <param name="batch">Columns matched by name to the newest schema version; nullable columns and those with a default may be missing.</param>
    /// <param name="cancellationToken">Gives up waiting for room.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.NullNotAllowed"/>, or an
    /// earlier row's failure.</exception>
    public ValueTask AddAsync(RecordBatch batch, CancellationToken cancellationToken = default) =>
        Core.AddAsync(batch, ChangeKind.Insert, acknowledgement: null, cancellationToken);

    /// <summary>Primary-key tables: buffers deletes of the rows with these keys; otherwise as <see cref="AddAsync"/>.</summary>
    /// <param name="keys">The key columns, by name; others are ignored.</param>
    /// <param name="cancellationToken">Gives up waiting for room.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, and as <see cref="AddAsync"/>.</exception>
    public ValueTask AddDeletesAsync(RecordBatch keys, CancellationToken cancellationToken = default)
    {
        _table.RequirePrimaryKey("A delete");
        return Core.AddAsync(keys, ChangeKind.Delete, acknowledgement: null, cancellationToken);
    }

    /// <summary>Writes rows and completes when all are acknowledged.</summary>
    /// <exception cref="GridException">Any refusal of one of its rows; other rows may have been written.</exception>
    public Task<WriteResult> WriteAsync(RecordBatch batch, CancellationToken cancellationToken = default) => WriteAsync(batch, ChangeKind.Insert, cancellationToken);

    /// <summary>Completes when every row given so far is acknowledged.</summary>
    /// <exception cref="GridException">The first failure since the last flush, of rows that nobody awaited.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => Core.FlushAsync(cancellationToken);

    /// <summary>Flushes and closes the writer.</summary>
    /// <exception cref="GridException">As <see cref="FlushAsync"/>.</exception>
    public ValueTask DisposeAsync() => Core.DisposeAsync();

    internal async Task<WriteResult> WriteAsync(RecordBatch batch, ChangeKind kind, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var acknowledgement = new BatchAcknowledgement();
        await Core.AddAsync(batch, kind, acknowledgement, cancellationToken).ConfigureAwait(false);
        acknowledgement.Expect(batch.Length);
        return await acknowledgement.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
