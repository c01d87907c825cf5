using System.Buffers;
using Grid.Abstractions;
using Grid.Client.Rows;
using Grid.Client.Tables;
using Grid.Client.Writing;

namespace Grid.Client;

/// <summary>Writes rows of type <typeparamref name="T"/>; see <see cref="GridWriter"/>. Log tables append, primary-key tables upsert.</summary>
/// <typeparam name="T">The row type.</typeparam>
public sealed class GridWriter<T> : IAsyncDisposable
    where T : class
{
    private const int ChunkRows = 1024;

    private readonly TableHandle _table;
    private readonly TypedRows<T> _rows;
    private readonly TableWriter _core;

    internal GridWriter(TableHandle table, TypedRows<T> rows, TableWriter core)
    {
        _table = table;
        _rows = rows;
        _core = core;
    }

    /// <summary>Buffers a row: completes when there was room. Failures are thrown by a later call or by <see cref="FlushAsync"/>.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.InvalidArgument"/>: a value does not fit its column.</exception>
    public ValueTask AddAsync(T row, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(row);
        return _core.AddAsync(_rows, [row], 1, ChangeKind.Insert, acknowledgement: null, cancellationToken);
    }

    /// <summary>Buffers rows; as <see cref="AddAsync(T, CancellationToken)"/>. The fast way: rows are turned into columns a thousand at a time.</summary>
    public async ValueTask AddAsync(IEnumerable<T> rows, CancellationToken cancellationToken = default) =>
        await AddAllAsync(rows, acknowledgement: null, cancellationToken).ConfigureAwait(false);

    /// <summary>Primary-key tables: buffers the delete of the row with this row's key.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>.</exception>
    public ValueTask AddDeleteAsync(T row, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(row);
        _table.RequirePrimaryKey("A delete");
        return _core.AddAsync(_rows, [row], 1, ChangeKind.Delete, acknowledgement: null, cancellationToken);
    }

    /// <summary>Writes a row and completes when it is acknowledged.</summary>
    /// <exception cref="GridException">The row was refused, or its outcome is unknown (<see cref="GridErrorCode.Timeout"/>).</exception>
    public Task<WrittenRow> WriteAsync(T row, CancellationToken cancellationToken = default) => WriteAsync(row, ChangeKind.Insert, cancellationToken);

    /// <summary>Completes when every row given so far is acknowledged.</summary>
    /// <exception cref="GridException">The first failure since the last flush, of rows that nobody awaited.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => _core.FlushAsync(cancellationToken);

    /// <summary>Flushes and closes the writer.</summary>
    /// <exception cref="GridException">As <see cref="FlushAsync"/>.</exception>
    public ValueTask DisposeAsync() => _core.DisposeAsync();

    internal async Task<WrittenRow> WriteAsync(T row, ChangeKind kind, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(row);
        var acknowledgement = new RowAcknowledgement();
        await _core.AddAsync(_rows, [row], 1, kind, acknowledgement, cancellationToken).ConfigureAwait(false);
        return await acknowledgement.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    internal async Task<long> WriteAllAsync(IEnumerable<T> rows, CancellationToken cancellationToken)
    {
        var acknowledgement = new BatchAcknowledgement();
        acknowledgement.Expect(await AddAllAsync(rows, acknowledgement, cancellationToken).ConfigureAwait(false));
        return (await acknowledgement.Task.WaitAsync(cancellationToken).ConfigureAwait(false)).Rows;
    }

    internal async Task<long> WriteAllAsync(IAsyncEnumerable<T> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var acknowledgement = new BatchAcknowledgement();
        var written = 0L;
        await foreach (var row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            await _core.AddAsync(_rows, [row], 1, ChangeKind.Insert, acknowledgement, cancellationToken).ConfigureAwait(false);
            written++;
        }

        acknowledgement.Expect(written);
        return (await acknowledgement.Task.WaitAsync(cancellationToken).ConfigureAwait(false)).Rows;
    }

    private async Task<long> AddAllAsync(IEnumerable<T> rows, Acknowledgement? acknowledgement, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var chunk = ArrayPool<T>.Shared.Rent(ChunkRows);
        var count = 0;
        var all = 0L;
        foreach (var row in rows)
        {
            ArgumentNullException.ThrowIfNull(row);
            chunk[count++] = row;
            if (count < ChunkRows)
                continue;
            await _core.AddAsync(_rows, chunk, count, ChangeKind.Insert, acknowledgement, cancellationToken).ConfigureAwait(false);
            all += count;
            count = 0;
        }

        if (count > 0)
            await _core.AddAsync(_rows, chunk, count, ChangeKind.Insert, acknowledgement, cancellationToken).ConfigureAwait(false);
        ArrayPool<T>.Shared.Return(chunk, clearArray: true);
        return all + count;
    }
}
