using Grid.Abstractions;

namespace Grid.Client;

/// <summary>A table with rows of type <typeparamref name="T"/>. Thread safe. Errors as in <see cref="GridTable"/>.</summary>
/// <typeparam name="T">The row type, usually a record; its properties are columns of the table, see <see cref="TableDefinition.Of{T}"/>.</typeparam>
public sealed class GridTable<T> : IAsyncDisposable
    where T : class
{
    internal GridTable()
    {
    }

    /// <summary>The table as last read from the catalog.</summary>
    public TableInfo Info => Untyped.Info;

    /// <summary>The same table with rows as Arrow batches.</summary>
    public GridTable Untyped => throw new NotImplementedException();

    /// <summary>Appends a row to a log table; completes when it is acknowledged. Concurrent calls travel together.</summary>
    public Task<WrittenRow> AppendAsync(T row, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Appends rows to a log table; completes when all are acknowledged.</summary>
    /// <returns>Rows written.</returns>
    public Task<long> AppendAsync(IEnumerable<T> rows, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Appends rows to a log table as they come; completes when all are acknowledged.</summary>
    /// <returns>Rows written.</returns>
    public Task<long> AppendAsync(IAsyncEnumerable<T> rows, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Upserts a row; completes when it is acknowledged and seen by every later lookup. Concurrent calls travel together.</summary>
    public Task<WrittenRow> UpsertAsync(T row, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Upserts rows, those of one key in order; completes when all are acknowledged.</summary>
    /// <returns>Rows written.</returns>
    public Task<long> UpsertAsync(IEnumerable<T> rows, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Upserts a row only if the stored one has this version; null: only if there is none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.VersionConflict"/>: <see cref="GridException.Detail"/> is the present version, -1 where there is no row.</exception>
    public Task<WrittenRow> CompareAndSetAsync(T row, LogOffset? expectedVersion, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Inserts a row where its key has none; answers the row that is stored now.</summary>
    public Task<InsertResult<T>> InsertIfAbsentAsync(T row, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes the row with this row's key; the other properties are ignored.</summary>
    public Task<WrittenRow> DeleteAsync(T row, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes the row with this key.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    public Task<WrittenRow> DeleteByKeyAsync<TKey>(TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull => throw new NotImplementedException();

    /// <summary>Makes a writer for a stream of rows; the caller disposes it.</summary>
    public GridWriter<T> CreateWriter(WriterOptions? options = null) => throw new NotImplementedException();

    /// <summary>Looks a key up; null where there is no row. Concurrent calls travel together.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    public Task<T?> LookupAsync<TKey>(TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull => throw new NotImplementedException();

    /// <summary>Looks a key up, with the row's version for a compare-and-set; null where there is no row.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    public Task<Versioned<T>?> LookupVersionedAsync<TKey>(TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull => throw new NotImplementedException();

    /// <summary>Looks many keys up, in parallel over the buckets.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    /// <returns>The row of each key in the order of the keys, null where there is none.</returns>
    public Task<T?[]> LookupManyAsync<TKey>(IReadOnlyList<TKey> keys, CancellationToken cancellationToken = default)
        where TKey : notnull => throw new NotImplementedException();

    /// <summary>All rows whose key begins with these values, in key order; at least the bucket key.</summary>
    /// <typeparam name="TKey">The first key column's type; a tuple in key order for several columns.</typeparam>
    public IAsyncEnumerable<T> PrefixLookupAsync<TKey>(TKey prefix, CancellationToken cancellationToken = default)
        where TKey : notnull => throw new NotImplementedException();

    /// <summary>Rows with <paramref name="lower"/> &lt;= key &lt; <paramref name="upper"/>, in key order, within one bucket key.</summary>
    /// <typeparam name="TKey">A tuple of the first key columns, at least the bucket key.</typeparam>
    public IAsyncEnumerable<T> RangeScanAsync<TKey>(TKey lower, TKey upper, CancellationToken cancellationToken = default)
        where TKey : notnull => throw new NotImplementedException();

    /// <summary>The rows of the table, see <see cref="GridTable.ScanAsync"/>; <see cref="ScanOptions.Columns"/> is chosen by the type.</summary>
    public IAsyncEnumerable<T> ScanAsync(ScanOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The first <paramref name="rows"/> rows in key order of a primary-key table, the last committed ones of a log table.</summary>
    public Task<T[]> LimitScanAsync(int rows, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Counts rows; without a filter no column is read.</summary>
    public Task<long> CountAsync(string? where = null, CancellationToken cancellationToken = default) => Untyped.CountAsync(where, cancellationToken);

    /// <summary>The table's changes as they commit, in order per bucket.</summary>
    public IAsyncEnumerable<Change<T>> ChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>First the rows of a primary-key table as inserts at their snapshot's offset, then every later change once.</summary>
    public IAsyncEnumerable<Change<T>> SnapshotThenChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Flushes and closes the table's writers.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
