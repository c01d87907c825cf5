using System.Collections.Concurrent;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Reading;
using Grid.Client.Tables;
using Grid.Client.Writing;

namespace Grid.Client;

/// <summary>
/// A table, with rows as Arrow batches. Thread safe. Batches match the table's columns by name; types are those of <see cref="ArrowSchemas.ToArrow(TableSchema)"/>.
/// Every call may fail with <see cref="GridErrorCode.TableDropped"/>, <see cref="GridErrorCode.Timeout"/>, <see cref="GridErrorCode.Busy"/>.
/// </summary>
public sealed class GridTable : IAsyncDisposable
{
    /// <summary>Different lists of lookup columns that are remembered; further ones work as well, unbatched.</summary>
    private const int LookupsMax = 64;

    private const int StatusCallsAtOnce = 256;

    private readonly ConcurrentDictionary<string, GridWriter> _writers = new();
    private readonly ConcurrentDictionary<string, KeyLookup<RecordBatch>> _lookups = new();
    private readonly Lock _lock = new();
    private readonly TableReader _reader;

    internal GridTable(TableHandle handle)
    {
        Handle = handle;
        _reader = new TableReader(handle);
    }

    internal TableHandle Handle { get; }

    internal TableReader Reader => _reader;

    /// <summary>The table as last read from the catalog.</summary>
    public TableInfo Info => Handle.Info;

    /// <summary>Reads the table from the catalog again.</summary>
    public Task<TableInfo> RefreshAsync(CancellationToken cancellationToken = default) => Handle.RefreshAsync(cancellationToken);

    /// <summary>How far the table is in the lake.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: the lake does not answer.</exception>
    public Task<LakeStatus> GetLakeStatusAsync(CancellationToken cancellationToken = default) => new LakeReader(Handle).GetStatusAsync(cancellationToken);

    /// <summary>Brings everything that is committed now into the lake, and waits for it.</summary>
    /// <returns>The lake as it is then.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no lake; <see cref="GridErrorCode.StorageFailed"/>: a round failed, with the reason; tiering tries again by itself.</exception>
    public Task<LakeStatus> FlushLakeAsync(CancellationToken cancellationToken = default) => new LakeReader(Handle).FlushAsync(cancellationToken);

    /// <summary>The partitions of a partitioned table, in the order in which they were made.</summary>
    /// <param name="where">Only those in which rows may match this filter, judged by the partition columns alone; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no partitions, or the filter; <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public async Task<IReadOnlyList<PartitionInfo>> ListPartitionsAsync(string? where = null, CancellationToken cancellationToken = default)
    {
        var filter = new PartitionFilter(Info.Schema, where is null ? null : PredicateEvaluator.Parse(where, Info.Schema));
        return [.. (await Handle.Partitions.ListAsync(cancellationToken).ConfigureAwait(false)).Select(item => item.Partition).Where(filter.MayMatch)];
    }

    /// <summary>Makes a partition.</summary>
    /// <param name="values">The values of the partition columns in their order, .NET types of <see cref="ValueText"/>.</param>
    /// <param name="ifNotExists">Answer the existing one where there is one, instead of refusing.</param>
    /// <param name="cancellationToken">Gives up; it may be made all the same.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no partitions, or a value; <see cref="GridErrorCode.AlreadyExists"/>; <see cref="GridErrorCode.PartitionDropped"/>: its time
    /// is over; <see cref="GridErrorCode.TooLarge"/>: the table has as many as it may have.</exception>
    public Task<PartitionInfo> CreatePartitionAsync(IReadOnlyList<object?> values, bool ifNotExists = false, CancellationToken cancellationToken = default)
    {
        var texts = PartitionValues.Format(Info.Schema, values);
        // A repeat after a lost answer would find what the first call made: that is then what was asked for.
        var attempts = 0;
        return Handle.Connection.Retry.RunAsync(
            () => Handle.Partitions.Grain.CreateAsync(texts, ifNotExists || attempts++ > 0 ? PartitionCreation.ByHandIfNotExists : PartitionCreation.ByHand), cancellationToken);
    }

    /// <summary>Drops a partition: its writers get <see cref="GridErrorCode.PartitionDropped"/>, its files go; one that is made again of the same values begins empty.</summary>
    /// <param name="values">The values of the partition columns in their order, .NET types of <see cref="ValueText"/>.</param>
    /// <param name="ifExists">Do nothing where there is none, instead of refusing.</param>
    /// <param name="cancellationToken">Gives up; it may be dropped all the same.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no partitions, or a value; <see cref="GridErrorCode.UnknownPartition"/>.</exception>
    public async Task DropPartitionAsync(IReadOnlyList<object?> values, bool ifExists = false, CancellationToken cancellationToken = default)
    {
        var texts = PartitionValues.Format(Info.Schema, values);
        var attempts = 0;
        var dropped = await Handle.Connection.Retry.RunAsync(
            () =>
            {
                attempts++;
                return Handle.Partitions.Grain.DropAsync(texts);
            },
            cancellationToken).ConfigureAwait(false);
        if (!dropped && !ifExists && attempts == 1)
            throw new GridException(GridErrorCode.UnknownPartition, $"{Info.Path} has no partition {PartitionValues.ToText(Info.Schema, texts)}; list its partitions (grid partition list {Info.Path}).");
    }

    /// <summary>A snapshot of the table's lake: its files, and where the log goes on behind them.</summary>
    /// <param name="version">A version of the lake table; null: the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownLakeVersion"/>: there is no such version (any more); <see cref="GridErrorCode.StorageFailed"/>: the lake does not answer.</exception>
    public Task<LakeSnapshot> OpenLakeSnapshotAsync(int? version = null, CancellationToken cancellationToken = default) => new LakeFiles(Handle).OpenAsync(version, cancellationToken);

    /// <summary>For each bucket the offset behind its committed rows, by bucket number.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table is partitioned.</exception>
    public async Task<IReadOnlyList<LogOffset>> FindEndsAsync(CancellationToken cancellationToken = default)
    {
        if (Handle.IsPartitioned)
            throw new GridException(GridErrorCode.InvalidArgument, $"{Info.Path} is partitioned: bucket numbers alone say nothing there.");
        var query = new OffsetQuery { Place = OffsetPlace.Latest };
        return await Task.WhenAll(Enumerable.Range(0, Handle.Buckets).Select(bucket => TableReader.FindAsync(new BucketUnit(Handle, bucket), query, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Has the small files of the table's lake, and those of which rows are gone, rewritten into large ones, and waits for it. It is done by itself where it is worth it; this rewrites all of them.</summary>
    /// <returns>The lake as it is then.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no lake; <see cref="GridErrorCode.StorageFailed"/>: it
    /// failed, with the reason, and the table is as it was.</exception>
    public Task<LakeStatus> CompactLakeAsync(CancellationToken cancellationToken = default) => new LakeReader(Handle).CompactAsync(cancellationToken);

    /// <summary>Appends rows to a log table and completes when all are acknowledged. The batch must stay valid until then.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.SchemaMismatch"/>, <see cref="GridErrorCode.UnknownColumn"/>,
    /// <see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.TooLarge"/>: one row over 16 MiB.</exception>
    public async Task<WriteResult> AppendAsync(RecordBatch batch, CancellationToken cancellationToken = default)
    {
        Handle.RequireLog("An append");
        return await Writer(targets: null).WriteAsync(batch, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Upserts rows into a primary-key table; completes when all are acknowledged and seen by every later lookup.</summary>
    /// <param name="batch">Rows; those of one key apply in order.</param>
    /// <param name="targets">A partial update: the columns to write, by name, whole key included; null: all.</param>
    /// <param name="cancellationToken">Gives up waiting; rows may be written all the same.</param>
    /// <exception cref="GridException">As <see cref="AppendAsync"/>, and <see cref="GridErrorCode.InvalidTargets"/>.</exception>
    public async Task<WriteResult> UpsertAsync(RecordBatch batch, IReadOnlyList<string>? targets = null, CancellationToken cancellationToken = default)
    {
        Handle.RequirePrimaryKey("An upsert");
        return await Writer(targets).WriteAsync(batch, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes rows of a primary-key table by key.</summary>
    /// <param name="keys">The key columns, by name; others are ignored.</param>
    /// <param name="targets">A partial delete: the non-key columns to set to null, and the key; null: whole rows.</param>
    /// <param name="cancellationToken">Gives up waiting; rows may be deleted all the same.</param>
    public async Task<WriteResult> DeleteAsync(RecordBatch keys, IReadOnlyList<string>? targets = null, CancellationToken cancellationToken = default)
    {
        Handle.RequirePrimaryKey("A delete");
        return await Writer(targets).WriteAsync(keys, ChangeKind.Delete, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a writer for a stream of batches; the caller disposes it.</summary>
    public GridWriter CreateWriter(WriterOptions? options = null) => new(Handle, options ?? Handle.Connection.Options.Writer);

    /// <summary>Looks many full keys up at their leaders, in parallel over the buckets.</summary>
    /// <param name="keys">The key columns, by name; others are ignored.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.NullNotAllowed"/>.</exception>
    public Task<LookupRows> LookupAsync(RecordBatch keys, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default) =>
        LookupAsync(keys, new LookupOptions { Columns = columns }, cancellationToken);

    /// <summary>Looks many full keys up, in parallel over the buckets; <see cref="ReadPreference"/> says what a follower's answer promises.</summary>
    /// <param name="keys">The key columns, by name; others are ignored.</param>
    /// <param name="options">Columns, which copy answers, and what it must reflect.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException">As the other one; <see cref="GridErrorCode.Timeout"/>: not even the leader has reached the floor, which then is not of this table.</exception>
    public async Task<LookupRows> LookupAsync(RecordBatch keys, LookupOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(options);
        var lookup = Lookup(options);
        var schema = lookup.Plan.Schema;
        var builder = new BatchBuffer(lookup.Plan.ArrowSchema);
        var rows = new int[keys.Length];
        System.Array.Fill(rows, -1);
        var indexes = BatchBinding.FindKeys(keys, schema, schema.PrimaryKey);
        await lookup.LookupAsync(
            keys,
            indexes,
            options.Floor,
            (found, which) =>
            {
                for (var i = 0; i < which.Length; i++)
                    rows[which[i]] = builder.Rows + i;
                builder.AppendRange(BatchBuffer.DataOf(found), 0, found.Length);
            },
            cancellationToken).ConfigureAwait(false);
        return new LookupRows(builder.Build(), rows);
    }

    /// <summary>Looks one key up at its leader; null where there is no row. Concurrent calls travel together.</summary>
    /// <param name="key">The key's values in key order, .NET types of <see cref="ValueText"/>.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A batch of one row that needs no disposal, or null.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.InvalidKey"/>.</exception>
    public Task<RecordBatch?> LookupAsync(IReadOnlyList<object?> key, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default) =>
        LookupAsync(key, new LookupOptions { Columns = columns }, cancellationToken);

    /// <summary>Looks one key up; null where there is no row. Concurrent calls travel together. <see cref="ReadPreference"/> says what a follower's answer promises.</summary>
    /// <param name="key">The key's values in key order, .NET types of <see cref="ValueText"/>.</param>
    /// <param name="options">Columns, which copy answers, and what it must reflect.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A batch of one row that needs no disposal, or null.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.InvalidKey"/>.</exception>
    public async Task<RecordBatch?> LookupAsync(IReadOnlyList<object?> key, LookupOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(options);
        return await Lookup(options).LookupAsync([.. key], options.Floor, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>All rows whose key begins with these values, in key order. At least the bucket key must be given.</summary>
    /// <param name="prefix">Values of the first key columns.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>: fewer values than the bucket key has; every bucket would have to be asked.</exception>
    public IAsyncEnumerable<GridBatch> PrefixLookupAsync(IReadOnlyList<object?> prefix, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Handle.RequirePrimaryKey("A prefix lookup");
        return ReadRangeAsync(KeyRange.OfPrefix(Info, [.. prefix]), columns, cancellationToken);
    }

    /// <summary>Rows with <paramref name="lower"/> &lt;= key &lt; <paramref name="upper"/>, in key order, within one bucket key.</summary>
    /// <param name="lower">Values of the first key columns, at least the bucket key.</param>
    /// <param name="upper">Values of the first key columns, with the same bucket key.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidKey"/>.</exception>
    public IAsyncEnumerable<GridBatch> RangeScanAsync(IReadOnlyList<object?> lower, IReadOnlyList<object?> upper, IReadOnlyList<string>? columns = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lower);
        ArgumentNullException.ThrowIfNull(upper);
        Handle.RequirePrimaryKey("A range scan");
        return ReadRangeAsync(KeyRange.Of(Info, [.. lower], [.. upper]), columns, cancellationToken);
    }

    /// <summary>The rows of the table: of a log table its log; of a primary-key table the rows of one offset per bucket. Any order between buckets.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.InvalidArgument"/> (filter, buckets), <see cref="GridErrorCode.OffsetOutOfRange"/>,
    /// <see cref="GridErrorCode.TimestampOutOfRange"/>, <see cref="GridErrorCode.WrongTableKind"/> (start or tail with a primary-key table: see <see cref="ChangesAsync"/>).</exception>
    public IAsyncEnumerable<GridBatch> ScanAsync(ScanOptions? options = null, CancellationToken cancellationToken = default) =>
        _reader.ScanAsync(options ?? new ScanOptions(), cancellationToken);

    /// <summary>The first <paramref name="rows"/> rows in key order of a primary-key table, the last committed ones of a log table.</summary>
    /// <param name="rows">1 to 100,000.</param>
    /// <param name="columns">The columns wanted, by name; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<RecordBatch> LimitScanAsync(int rows, IReadOnlyList<string>? columns = null, CancellationToken cancellationToken = default) =>
        _reader.LimitAsync(rows, columns, cancellationToken);

    /// <summary>Counts rows; without a filter no column is read.</summary>
    /// <param name="where">A filter as text; null: all rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<long> CountAsync(string? where = null, CancellationToken cancellationToken = default) => _reader.CountAsync(where, cancellationToken);

    /// <summary>The table's changes as they commit, in order per bucket: of a log table its rows as inserts.</summary>
    /// <exception cref="GridException">As <see cref="ScanAsync"/>.</exception>
    public IAsyncEnumerable<GridBatch> ChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default) =>
        _reader.ChangesAsync(options ?? new ChangeOptions(), cancellationToken);

    /// <summary>
    /// First the rows of a primary-key table as they are (<see cref="GridBatch.IsSnapshot"/>), then every later change once, per bucket without gap or repeat.
    /// <see cref="ChangeOptions.Start"/> is not used.
    /// </summary>
    public IAsyncEnumerable<GridBatch> SnapshotThenChangesAsync(ChangeOptions? options = null, CancellationToken cancellationToken = default) =>
        _reader.SnapshotThenChangesAsync(options ?? new ChangeOptions(), cancellationToken);

    /// <summary>Sizes and offsets, one entry a bucket, by partition and bucket number. Each bucket is opened for it.</summary>
    public async Task<IReadOnlyList<BucketStatus>> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var all = new List<BucketStatus>();
        foreach (var some in (await _reader.ListUnitsAsync(new ReadPlan(Info.Schema, [], null, null), cancellationToken).ConfigureAwait(false)).Chunk(StatusCallsAtOnce))
            all.AddRange((await Task.WhenAll(some.Select(unit => StatusAsync(unit, cancellationToken))).ConfigureAwait(false)).OfType<BucketStatus>());
        return all;
    }

    /// <summary>For each bucket the offset of its first row whose commit timestamp is not lower; the end where all are.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TimestampOutOfRange"/>: in the future; <see cref="GridErrorCode.InvalidArgument"/>: the table is partitioned.</exception>
    public async Task<IReadOnlyList<LogOffset>> FindOffsetsAsync(DateTimeOffset timestamp, CancellationToken cancellationToken = default)
    {
        if (Handle.IsPartitioned)
            throw new GridException(GridErrorCode.InvalidArgument, $"{Info.Path} is partitioned: bucket numbers alone say nothing there. Begin reads with ScanStart.AtTimestamp.");
        var query = new OffsetQuery { Place = OffsetPlace.Timestamp, TimestampMs = timestamp.ToUnixTimeMilliseconds() };
        return await Task.WhenAll(Enumerable.Range(0, Handle.Buckets).Select(bucket => TableReader.FindAsync(new BucketUnit(Handle, bucket), query, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>Flushes and closes the table's writers.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var writer in _writers.Values)
            await writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The writer that calls without a writer of their own share, one for each list of targets.</summary>
    internal GridWriter Writer(IReadOnlyList<string>? targets)
    {
        var name = targets is null ? "" : string.Join('\n', targets);
        if (_writers.TryGetValue(name, out var known))
            return known;
        lock (_lock)
            return _writers.GetOrAdd(name, _ => new GridWriter(Handle, Handle.Connection.Options.Writer with { Targets = targets }));
    }

    /// <summary>Lookups of these columns at these copies, in the newest schema version known.</summary>
    private KeyLookup<RecordBatch> Lookup(LookupOptions options)
    {
        Handle.RequirePrimaryKey("A lookup");
        var columns = options.Columns;
        var name = $"{options.Preference}" + (columns is null ? "" : string.Join('\n', columns.Prepend("\ncolumns")));
        var schema = Info.Schema;
        if (_lookups.TryGetValue(name, out var known) && known.Plan.Schema == schema)
            return known;
        var made = new KeyLookup<RecordBatch>(Handle, new LookupPlan(schema, LookupPlan.Resolve(schema, columns), versions: false), options.Preference, Separate);
        if (known is not null || _lookups.Count < LookupsMax)
            _lookups[name] = made;
        return made;
    }

    /// <summary>Null: the partition was dropped meanwhile.</summary>
    private static async Task<BucketStatus?> StatusAsync(BucketUnit unit, CancellationToken cancellationToken)
    {
        BucketStatus? status = null;
        await unit.ReadAsync(async () => status = await unit.Table.Connection.Retry.RunAsync(() => unit.Table.Bucket(unit.Number).GetStatusAsync(), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return status;
    }

    /// <summary>Each row as a batch with memory of its own.</summary>
    private static RecordBatch[] Separate(RecordBatch rows)
    {
        var separate = new RecordBatch[rows.Length];
        for (var i = 0; i < separate.Length; i++)
            separate[i] = BatchBuffer.Pick(rows, [i]);
        return separate;
    }

    private IAsyncEnumerable<GridBatch> ReadRangeAsync(KeyRange range, IReadOnlyList<string>? columns, CancellationToken cancellationToken) =>
        _reader.ReadRangeAsync(new ReadPlan(Info.Schema, columns, filter: null, where: null), range, cancellationToken);
}
