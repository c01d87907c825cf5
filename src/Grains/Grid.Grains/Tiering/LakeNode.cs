using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Log;

namespace Grid.Grains.Tiering;

/// <summary>The lake of this node: its warehouse, and what writes to it and reads from it. Thread safe.</summary>
public sealed class LakeNode : IDisposable
{
    private readonly BucketTiering _writers;
    private readonly BucketCompaction _compaction;
    private readonly LakeCursors _cursors;
    private readonly GridGrainMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>Made by the container.</summary>
    public LakeNode(ILakeStore store, LakeNodeOptions options, GridGrainMetrics metrics, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        Store = store;
        Options = options;
        _metrics = metrics;
        _time = time;
        _writers = new BucketTiering(store, options.Tier, time);
        _compaction = new BucketCompaction(store, _writers.Turns, options.Tier);
        _cursors = new LakeCursors(options.CursorsMax, TimeSpan.FromMilliseconds(options.CursorMsMax), time);
    }

    /// <summary>The warehouse.</summary>
    public ILakeStore Store { get; }

    /// <summary>How it is used.</summary>
    public LakeNodeOptions Options { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cursors.Dispose();
    }

    /// <summary>A table's lake table, which may not exist yet.</summary>
    internal LakeTable Open(TableInfo table) => new(Store, LakeFolders.Of(table), _time, new LakeTableOptions());

    /// <summary>Where a bucket finds what its log does not have any more; null: the table has no lake, or the lake has its rows and not their changes.</summary>
    internal ILogHistory? HistoryOf(BucketId bucket, TableInfo table) =>
        table.Options.Lake == LakeMode.None || table.Schema.HasPrimaryKey ? null : new LakeHistory(Open(table), Store, bucket.Number, new LakeFramesOptions(), _cursors) { Partition = bucket.Partition };

    /// <summary>Below which offset a bucket's segments may be deleted: what is not in the lake yet is kept, whatever the retention says. Null: the table does not tier.</summary>
    internal static async Task<LogOffset?> FindTieredAsync(IGrainFactory grains, BucketId bucket, TableInfo table) =>
        table.Options.Lake != LakeMode.None ? await grains.GetGrain<ILakeControlGrain>(bucket.Table.Value).GetTieredAsync(bucket) : null;

    /// <summary>
    /// The compaction of a log table, which this node works on: where the table's tiering is, not where its buckets are, for the files come from the store anyway. So it needs no calls and no leaders, and a node that
    /// dies ends it with the tiering that would commit it. What a node does of it at a time is bounded by its turns to write.
    /// </summary>
    internal ITableCompaction CompactionOf(LakeTable lake) =>
        new TableCompaction(lake, Store, _compaction.RunAsync, Options.Compaction, Options.Tier.FileBytesTarget);

    /// <summary>Has a bucket of this node write its committed rows from an offset on.</summary>
    internal async Task<TierAnswer> TierAsync(BucketEngine engine, BucketId bucket, TableInfo table, TierRequest request, CancellationToken cancellationToken)
    {
        table = With(table, request.SchemaVersion);
        var spec = LakePartitionSpec.Of(table);
        var task = new TierTask(bucket.Number, request.From, table, LakeFolders.Of(table)) { Partition = bucket.Partition, Values = ValuesOf(table.Schema, request.Values) };
        var rows = await Task.Run(() => table.Schema.HasPrimaryKey ? TierKeysAsync(engine, task, cancellationToken) : TierRowsAsync(engine, task, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        _metrics.Tiered(rows.Files.Sum(file => file.Bytes));
        return new TierAnswer
        {
            Files = TierFiles.Write(rows.Files, ManifestContent.Data, table.Schema, spec),
            Deletes = TierFiles.Write(rows.Files, ManifestContent.Deletes, table.Schema, spec),
            End = rows.End,
            HighWatermark = rows.HighWatermark,
            Needed = rows.Needed,
        };
    }

    private static ImmutableArray<object?> ValuesOf(TableSchema schema, ImmutableArray<string> texts)
    {
        if (texts.Length != schema.PartitionKey.Length)
            throw new GridException(GridErrorCode.InvalidArgument, $"A bucket is to tier with {texts.Length} partition values; its table has {schema.PartitionKey.Length} partition columns.");
        return [.. texts.Select((text, i) => (object?)ValueText.Parse(schema.GetColumn(schema.PartitionKey[i]).Type, text))];
    }

    private Task<TieredRows> TierRowsAsync(BucketEngine engine, TierTask task, CancellationToken cancellationToken)
    {
        // A lake that begins later than the table begins with what the log still has.
        if (task.From == LogOffset.Zero)
            task = task with { From = engine.GetStatus().StartOffset };
        return _writers.RunAsync(task, engine.FetchAsync, cancellationToken);
    }

    /// <summary>Has a bucket of this node, of a primary-key table, rewrite files of the lake: here is its index.</summary>
    internal async Task<CompactAnswer> CompactAsync(BucketEngine engine, int bucket, TableInfo table, CompactRequest request, CancellationToken cancellationToken)
    {
        table = With(table, request.SchemaVersion);
        var spec = LakePartitionSpec.Of(table);
        var task = new TierTask(bucket, request.At, table, LakeFolders.Of(table));
        var rule = KeyCompactionRule.Of(Options.Compaction, Options.Tier.FileBytesTarget);
        var files = await Task.Run(() => CompactKeysAsync(engine, task, request.IsAsked ? rule.WhenAsked : rule, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new CompactAnswer
        {
            AddedData = TierFiles.Write(files.Added, ManifestContent.Data, table.Schema, spec),
            AddedDeletes = TierFiles.Write(files.Added, ManifestContent.Deletes, table.Schema, spec),
            RemovedData = TierFiles.Write(files.Removed, ManifestContent.Data, table.Schema, spec),
            RemovedDeletes = TierFiles.Write(files.Removed, ManifestContent.Deletes, table.Schema, spec),
            Needed = files.Needed,
        };
    }

    private static TableInfo With(TableInfo table, SchemaVersion version) =>
        version.Value <= table.Schema.Version.Value ? table with { Schemas = table.Schemas[..version.Value] }
            : throw new GridException(GridErrorCode.SchemaMismatch, $"{table.Path} is to tier with schema version {version}; this node knows {table.Schema.Version}.");

    private Task<TieredRows> TierKeysAsync(BucketEngine engine, TierTask task, CancellationToken cancellationToken) =>
        _writers.InTurnAsync(() => KeysOf(engine, task.Table).RunAsync(task, engine, engine.FetchAsync, cancellationToken), cancellationToken);

    private async Task<CompactedFiles> CompactKeysAsync(BucketEngine engine, TierTask task, KeyCompactionRule rule, CancellationToken cancellationToken)
    {
        await _writers.Turns.WaitCompactionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await KeysOf(engine, task.Table).CompactAsync(task, rule, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writers.Turns.ReleaseCompaction();
        }
    }

    private KeyTiering KeysOf(BucketEngine engine, TableInfo table) =>
        engine.GetKeyTiering((folder, resources) => new KeyTiering(Open(table), Store, folder, resources, Options.Tier, _time));
}
