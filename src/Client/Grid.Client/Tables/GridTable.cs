using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>
/// A table, with rows as Arrow batches. Thread safe. Batches match the table's columns by name; types are those of <see cref="ArrowSchemas.ToArrow(TableSchema)"/>.
/// Every call may fail with <see cref="GridErrorCode.TableDropped"/>, <see cref="GridErrorCode.Timeout"/>, <see cref="GridErrorCode.Busy"/>.
/// </summary>
public sealed class GridTable : IAsyncDisposable
{
    internal GridTable()
    {
    }

    /// <summary>The table as last read from the catalog.</summary>
    public TableInfo Info => throw new NotImplementedException();

    /// <summary>Reads the table from the catalog again.</summary>
    public Task<TableInfo> RefreshAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Appends rows to a log table and completes when all are acknowledged. The batch must stay valid until then.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.UnknownColumn"/>,
    /// <see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.TooLarge"/>: one row over 16 MiB.</exception>
    public Task<WriteResult> AppendAsync(RecordBatch batch, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Upserts rows into a primary-key table; completes when all are acknowledged and seen by every later lookup.</summary>
    /// <param name="batch">Rows; those of one key apply in order.</param>
    /// <param name="targets">A partial update: the columns to write, by name, whole key included; null: all.</param>
    /// <param name="cancellationToken">Gives up waiting; rows may be written all the same.</param>
    /// <exception cref="GridException">As <see cref="AppendAsync"/>, and <see cref="GridErrorCode.InvalidTargets"/>.</exception>
    public Task<WriteResult> UpsertAsync(RecordBatch batch, IReadOnlyList<string>? targets = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes rows of a primary-key table by key.</summary>
    /// <param name="keys">The key columns, by name; others are ignored.</param>
    /// <param name="targets">A partial delete: the non-key columns to set to null, and the key; null: whole rows.</param>
    /// <param name="cancellationToken">Gives up waiting; rows may be deleted all the same.</param>
    public Task<WriteResult> DeleteAsync(RecordBatch keys, IReadOnlyList<string>? targets = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes a writer for a stream of batches; the caller disposes it.</summary>
    public GridWriter CreateWriter(WriterOptions? options = null) => throw new NotImplementedException();

    /// <summary>Looks many full keys up, in parallel over the buckets.</summary>
    /// <param name="keys">The key columns, by name; others are ignored.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public Task<LookupRows> LookupAsync(RecordBatch keys, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Looks one key up; null where there is no row. Concurrent calls travel together.</summary>
    /// <param name="key">The key's values in key order, .NET types of <see cref="ValueText"/>.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A batch of one row that needs no disposal, or null.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.InvalidKey"/>.</exception>
    public Task<RecordBatch?> LookupAsync(IReadOnlyList<object?> key, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>All rows whose key begins with these values, in key order. At least the bucket key must be given.</summary>
    /// <param name="prefix">Values of the first key columns.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>: fewer values than the bucket key has; every bucket would have to be asked.</exception>
    public IAsyncEnumerable<GridBatch> PrefixLookupAsync(IReadOnlyList<object?> prefix, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Rows with <paramref name="lower"/> &lt;= key &lt; <paramref name="upper"/>, in key order, within one bucket key.</summary>
    /// <param name="lower">Values of the first key columns, at least the bucket key.</param>
    /// <param name="upper">Values of the first key columns, with the same bucket key.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>.</exception>
    public IAsyncEnumerable<GridBatch> RangeScanAsync(IReadOnlyList<object?> lower, IReadOnlyList<object?> upper, IReadOnlyList<string>? columns = null,
        CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The rows of the table: of a log table its log; of a primary-key table the rows of one offset per bucket. Any order between buckets.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidArgument"/> (filter, buckets), <see cref="GridErrorCode.OffsetOutOfRange"/>,
    /// <see cref="GridErrorCode.TimestampOutOfRange"/>, <see cref="GridErrorCode.WrongTableKind"/> (start or tail with a primary-key table: see <see cref="ChangesAsync"/>).</exception>
    public IAsyncEnumerable<GridBatch> ScanAsync(ScanOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The first <paramref name="rows"/> rows in key order of a primary-key table, the last committed ones of a log table.</summary>
    /// <param name="rows">1 to 100,000.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<RecordBatch> LimitScanAsync(int rows, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Counts rows; without a filter no column is read.</summary>
    /// <param name="where">A filter as text; null: all rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<long> CountAsync(string? where = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The table's changes as they commit, in order per bucket: of a log table its rows as inserts.</summary>
    /// <exception cref="GridException">As <see cref="ScanAsync"/>.</exception>
    public IAsyncEnumerable<GridBatch> ChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>
    /// First the rows of a primary-key table as they are (<see cref="GridBatch.IsSnapshot"/>), then every later change once, per bucket without gap or repeat.
    /// <see cref="ChangeOptions.Start"/> is not used.
    /// </summary>
    public IAsyncEnumerable<GridBatch> SnapshotThenChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Sizes and offsets, one entry a bucket, by bucket number.</summary>
    public Task<IReadOnlyList<BucketStatus>> GetStatusAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>For each bucket the offset of its first row whose commit timestamp is not lower; the end where all are.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TimestampOutOfRange"/>: in the future.</exception>
    public Task<IReadOnlyList<LogOffset>> FindOffsetsAsync(DateTimeOffset timestamp, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Flushes and closes the table's writers.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
