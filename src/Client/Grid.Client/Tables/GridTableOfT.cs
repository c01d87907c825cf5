using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Client.Reading;
using Grid.Client.Rows;
using Grid.Client.Tables;
using Grid.Client.Writing;

namespace Grid.Client;

/// <summary>A table with rows of type <typeparamref name="T"/>. Thread safe. Errors as in <see cref="GridTable"/>.</summary>
/// <typeparam name="T">The row type, usually a record; its properties are columns of the table, see <see cref="TableDefinition.Of{T}"/>.</typeparam>
public sealed class GridTable<T> : IAsyncDisposable
    where T : class
{
    private static readonly LookupOptions LeaderLookup = new();
    private readonly TableHandle _handle;
    private readonly TypedRows<T> _rows = new();
    private readonly RowMapper<T> _mapper;
    private readonly Lazy<KeyLookup<T>> _lookup;
    private readonly Lazy<KeyLookup<T>> _followerLookup;
    private readonly Lazy<KeyLookup<Versioned<T>>> _versionedLookup;
    private readonly ConcurrentDictionary<PartitionId, ConditionalWriter> _conditional = new();
    private readonly ConcurrentDictionary<Type, object> _keys = new();

    internal GridTable(GridTable untyped)
    {
        Untyped = untyped;
        _handle = untyped.Handle;
        _mapper = new RowMapper<T>(_rows.Shape, untyped.Info.Schema);
        _lookup = new Lazy<KeyLookup<T>>(() => NewLookup(ReadPreference.Leader));
        _followerLookup = new Lazy<KeyLookup<T>>(() => NewLookup(ReadPreference.Follower));
        _versionedLookup = new Lazy<KeyLookup<Versioned<T>>>(() =>
            new KeyLookup<Versioned<T>>(_handle, new LookupPlan(_mapper.Schema, _mapper.ColumnIds, versions: true), ReadPreference.Leader, rows => TypedReads.Versioned(rows, _mapper)));
    }

    /// <summary>The table as last read from the catalog.</summary>
    public TableInfo Info => Untyped.Info;

    /// <summary>The same table with rows as Arrow batches.</summary>
    public GridTable Untyped { get; }

    /// <summary>Appends a row to a log table; completes when it is acknowledged. Concurrent calls travel together.</summary>
    public async Task<WrittenRow> AppendAsync(T row, CancellationToken cancellationToken = default)
    {
        _handle.RequireLog("An append");
        return await Shared().WriteAsync(row, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Appends rows to a log table; completes when all are acknowledged.</summary>
    /// <returns>Rows written.</returns>
    public async Task<long> AppendAsync(IEnumerable<T> rows, CancellationToken cancellationToken = default)
    {
        _handle.RequireLog("An append");
        return await Shared().WriteAllAsync(rows, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Appends rows to a log table as they come; completes when all are acknowledged.</summary>
    /// <returns>Rows written.</returns>
    public async Task<long> AppendAsync(IAsyncEnumerable<T> rows, CancellationToken cancellationToken = default)
    {
        _handle.RequireLog("An append");
        return await Shared().WriteAllAsync(rows, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Upserts a row; completes when it is acknowledged and seen by every later lookup. Concurrent calls travel together.</summary>
    public async Task<WrittenRow> UpsertAsync(T row, CancellationToken cancellationToken = default)
    {
        _handle.RequirePrimaryKey("An upsert");
        return await Shared().WriteAsync(row, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Upserts rows, those of one key in order; completes when all are acknowledged.</summary>
    /// <returns>Rows written.</returns>
    public async Task<long> UpsertAsync(IEnumerable<T> rows, CancellationToken cancellationToken = default)
    {
        _handle.RequirePrimaryKey("An upsert");
        return await Shared().WriteAllAsync(rows, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Upserts a row only if the stored one has this version; null: only if there is none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.VersionConflict"/>: <see cref="GridException.Detail"/> is the present version, -1 where there is no row.</exception>
    public async Task<WrittenRow> CompareAndSetAsync(T row, LogOffset? expectedVersion, CancellationToken cancellationToken = default)
    {
        var (bucket, answer) = await WriteIfAsync("A compare-and-set", row, WriteMode.CompareAndSet, expectedVersion?.Value ?? -1, cancellationToken).ConfigureAwait(false);
        return new WrittenRow(bucket.Number, answer.EndOffset, DateTimeOffset.FromUnixTimeMilliseconds(answer.TimestampMs)) { Partition = bucket.Partition };
    }

    /// <summary>Inserts a row where its key has none; answers the row that is stored now.</summary>
    public async Task<InsertResult<T>> InsertIfAbsentAsync(T row, CancellationToken cancellationToken = default)
    {
        var (_, answer) = await WriteIfAsync("Insert if absent", row, WriteMode.InsertIfAbsent, expectedVersion: null, cancellationToken).ConfigureAwait(false);
        using var memory = answer.Rows;
        if (memory is not null && !answer.Inserted.IsDefaultOrEmpty)
        {
            var frame = ShardReader.Single(memory);
            var plan = new ReadPlan(_mapper.Schema, _mapper.Columns.Select(c => c.Name).ToArray(), filter: null, where: null);
            var stored = await new FrameTranslator(_handle, plan).DecodeWholeAsync(frame, cancellationToken).ConfigureAwait(false);
            var row0 = TypedReads.Versioned(stored, _mapper)[0];
            return new InsertResult<T>(row0.Row, answer.Inserted[0], row0.Version);
        }

        // The answer to a repeat: the write is done, its details are not remembered. A row of this version is the one that it inserted.
        var key = _rows.KeyOf(row, _mapper.Schema);
        var found = await _versionedLookup.Value.LookupAsync(key, ReadFloor.None, cancellationToken).ConfigureAwait(false)
            ?? throw new GridException(GridErrorCode.Timeout, "The row was inserted or there before, and has been deleted since; insert it again if it should be there.");
        return new InsertResult<T>(found.Row, found.Version >= answer.BaseOffset && found.Version < answer.EndOffset, found.Version);
    }

    /// <summary>Deletes the row with this row's key; the other properties are ignored.</summary>
    public async Task<WrittenRow> DeleteAsync(T row, CancellationToken cancellationToken = default)
    {
        _handle.RequirePrimaryKey("A delete");
        return await Shared().WriteAsync(row, ChangeKind.Delete, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes the row with this key.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    public async Task<WrittenRow> DeleteByKeyAsync<TKey>(TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        _handle.RequirePrimaryKey("A delete");
        var range = (await Untyped.DeleteAsync(KeysOf<TKey>().Build([key]), targets: null, cancellationToken).ConfigureAwait(false)).Ranges[0];
        return new WrittenRow(range.Bucket, range.EndOffset, range.Timestamp) { Partition = range.Partition };
    }

    /// <summary>Makes a writer for a stream of rows; the caller disposes it.</summary>
    public GridWriter<T> CreateWriter(WriterOptions? options = null) => new(_handle, _rows, Untyped.CreateWriter(options).Core);

    /// <summary>Looks a key up at its leader; null where there is no row. Concurrent calls travel together.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    public Task<T?> LookupAsync<TKey>(TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull =>
        LookupAsync(key, LeaderLookup, cancellationToken);

    /// <summary>Looks a key up; null where there is no row. Concurrent calls travel together. <see cref="ReadPreference"/> says what a follower's answer promises.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    public async Task<T?> LookupAsync<TKey>(TKey key, LookupOptions options, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(options);
        _handle.RequirePrimaryKey("A lookup");
        return await Lookup(options).LookupAsync(KeyValues.Of(key, _mapper.Schema), options.Floor, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks a key up, with the row's version for a compare-and-set; null where there is no row.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    public async Task<Versioned<T>?> LookupVersionedAsync<TKey>(TKey key, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        _handle.RequirePrimaryKey("A lookup");
        return await _versionedLookup.Value.LookupAsync(KeyValues.Of(key, _mapper.Schema), ReadFloor.None, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks many keys up at their leaders, in parallel over the buckets.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    /// <returns>The row of each key in the order of the keys, null where there is none.</returns>
    public Task<T?[]> LookupManyAsync<TKey>(IReadOnlyList<TKey> keys, CancellationToken cancellationToken = default)
        where TKey : notnull =>
        LookupManyAsync(keys, LeaderLookup, cancellationToken);

    /// <summary>Looks many keys up, in parallel over the buckets; <see cref="ReadPreference"/> says what a follower's answer promises.</summary>
    /// <typeparam name="TKey">The key column's type; a tuple in key order for several columns.</typeparam>
    /// <returns>The row of each key in the order of the keys, null where there is none.</returns>
    public async Task<T?[]> LookupManyAsync<TKey>(IReadOnlyList<TKey> keys, LookupOptions options, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(options);
        _handle.RequirePrimaryKey("A lookup");
        var rows = new T?[keys.Count];
        int[] indexes = [.. Enumerable.Range(0, _mapper.Schema.PrimaryKey.Length)];
        await Lookup(options).LookupAsync(
            KeysOf<TKey>().Build(keys),
            indexes,
            options.Floor,
            (found, which) =>
            {
                var made = _mapper.Read(found);
                for (var i = 0; i < which.Length; i++)
                    rows[which[i]] = made[i];
            },
            cancellationToken).ConfigureAwait(false);
        return rows;
    }

    /// <summary>All rows whose key begins with these values, in key order; at least the bucket key.</summary>
    /// <typeparam name="TKey">The first key column's type; a tuple in key order for several columns.</typeparam>
    public IAsyncEnumerable<T> PrefixLookupAsync<TKey>(TKey prefix, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        _handle.RequirePrimaryKey("A prefix lookup");
        return ReadRangeAsync(KeyRange.OfPrefix(Info, KeyValues.Of(prefix, _mapper.Schema)), cancellationToken);
    }

    /// <summary>Rows with <paramref name="lower"/> &lt;= key &lt; <paramref name="upper"/>, in key order, within one bucket key.</summary>
    /// <typeparam name="TKey">A tuple of the first key columns, at least the bucket key.</typeparam>
    public IAsyncEnumerable<T> RangeScanAsync<TKey>(TKey lower, TKey upper, CancellationToken cancellationToken = default)
        where TKey : notnull
    {
        _handle.RequirePrimaryKey("A range scan");
        return ReadRangeAsync(KeyRange.Of(Info, KeyValues.Of(lower, _mapper.Schema), KeyValues.Of(upper, _mapper.Schema)), cancellationToken);
    }

    /// <summary>The rows of the table, see <see cref="GridTable.ScanAsync"/>; <see cref="ScanOptions.Columns"/> is chosen by the type.</summary>
    public IAsyncEnumerable<T> ScanAsync(ScanOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ScanOptions();
        return TypedReads.RowsAsync(Untyped.Reader.ScanAsync(Plan(options.Filter, options.Where), options with { Versions = false }, cancellationToken), _mapper, cancellationToken);
    }

    /// <summary>The first <paramref name="rows"/> rows in key order of a primary-key table, the last committed ones of a log table.</summary>
    public async Task<T[]> LimitScanAsync(int rows, CancellationToken cancellationToken = default) =>
        _mapper.Read(await Untyped.LimitScanAsync(rows, ColumnNames, cancellationToken).ConfigureAwait(false));

    /// <summary>Counts rows; without a filter no column is read.</summary>
    public Task<long> CountAsync(string? where = null, CancellationToken cancellationToken = default) => Untyped.CountAsync(where, cancellationToken);

    /// <summary>The table's changes as they commit, in order per bucket.</summary>
    public IAsyncEnumerable<Change<T>> ChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ChangeOptions();
        return TypedReads.ChangesAsync(Untyped.Reader.ChangesAsync(Plan(options.Filter, options.Where), options, cancellationToken), _mapper, cancellationToken);
    }

    /// <summary>First the rows of a primary-key table as inserts at their snapshot's offset, then every later change once.</summary>
    public IAsyncEnumerable<Change<T>> SnapshotThenChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ChangeOptions();
        return TypedReads.ChangesAsync(Untyped.Reader.SnapshotThenChangesAsync(Plan(options.Filter, options.Where), options, cancellationToken), _mapper, cancellationToken);
    }

    /// <summary>Flushes and closes the table's writers.</summary>
    public ValueTask DisposeAsync() => Untyped.DisposeAsync();

    private KeyLookup<T> Lookup(LookupOptions options) => (options.Preference == ReadPreference.Follower ? _followerLookup : _lookup).Value;

    private KeyLookup<T> NewLookup(ReadPreference preference) =>
        new(_handle, new LookupPlan(_mapper.Schema, _mapper.ColumnIds, versions: false), preference, _mapper.Read);

    private string[] ColumnNames => [.. _mapper.Columns.Select(c => c.Name)];

    private GridWriter<T> Shared() => new(_handle, _rows, Untyped.Writer(targets: null).Core);

    private KeyColumns<TKey> KeysOf<TKey>()
        where TKey : notnull =>
        (KeyColumns<TKey>)_keys.GetOrAdd(typeof(TKey), static (_, schema) => new KeyColumns<TKey>(schema), _mapper.Schema);

    private ReadPlan Plan(Predicate? filter, string? where) => new(_mapper.Schema, ColumnNames, filter, where);

    private IAsyncEnumerable<T> ReadRangeAsync(KeyRange range, CancellationToken cancellationToken) =>
        TypedReads.RowsAsync(Untyped.Reader.ReadRangeAsync(Plan(filter: null, where: null), range, cancellationToken), _mapper, cancellationToken);

    private async Task<(BucketId Bucket, WriteAnswer Answer)> WriteIfAsync(string what, T row, WriteMode mode, long? expectedVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(row);
        _handle.RequirePrimaryKey(what);
        var layout = _rows.LayoutFor(_mapper.Schema);
        var batch = new OpenBatch(layout);
        _rows.BindingFor(layout, wholeRows: true).Write(batch.Builder, [row], 0, 1);
        var bucket = new int[1];
        _rows.Buckets(new BucketFunction(_mapper.Schema, _handle.Buckets), _mapper.Schema, [row], 0, 1, bucket);
        var owner = _handle.IsPartitioned ? await PartitionOfAsync(row, cancellationToken).ConfigureAwait(false) : _handle;
        try
        {
            var writer = _conditional.GetOrAdd(owner.Partition, static (_, owner) => new ConditionalWriter(owner), owner);
            return (owner.IdOf(bucket[0]), await writer.WriteAsync(bucket[0], batch.BuildRows(), layout.Schema, mode, expectedVersion, cancellationToken).ConfigureAwait(false));
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.PartitionDropped)
        {
            owner.Forget();
            _conditional.TryRemove(owner.Partition, out _);
            throw;
        }
    }

    private ValueTask<TableHandle> PartitionOfAsync(T row, CancellationToken cancellationToken)
    {
        using var keys = _rows.Partitions(_handle.Partitions.Encoder, _mapper.Schema, [row], 1);
        return _handle.Partitions.GetOrCreateAsync(keys[0].ToArray(), cancellationToken);
    }
}
