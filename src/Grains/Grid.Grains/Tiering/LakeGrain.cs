using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Storage.Catalog;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Keys;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Replication;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Grid.Grains.Tiering;

/// <summary>
/// A table's tiering as an actor: hears from the buckets how far they are, and has rounds run beside its calls. It keeps nothing that the lake and the buckets don't know; two of it, while a silo is being found
/// dead, do no harm: of their commits the lake takes one.
/// </summary>
[Reentrant]
public sealed partial class LakeGrain : Grain, ILakeGrain, ILakeControlGrain, IDisposable
{
    private const long BackoffMsMin = 1_000;
    private const long BackoffMsMax = 60_000;
    private readonly LakeNode _node;
    private readonly CatalogStore _catalog;
    private readonly BucketRecordStore _records;
    private readonly IGrainFactory _grains;
    private readonly GridGrainMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<LakeGrain> _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<PartitionId, ImmutableArray<string>> _values = new();
    private TableInfo? _table;
    private LakeTable? _lake;
    private TableTiering? _tiering;
    private LakeListing? _listing;
    private LakeCompactor? _compactor;
    private Task? _opening;
    private Task _round = Task.CompletedTask;
    private string? _failure;
    private int _failures;
    private long _failedAt;
    private long _expiredAt;
    private long _orphansAt;
    private bool _dropped;

    /// <summary>Made by Orleans.</summary>
    public LakeGrain(LakeNode node, CatalogStore catalog, BucketRecordStore records, IGrainFactory grains, GridGrainMetrics metrics, TimeProvider time, ILogger<LakeGrain> logger)
    {
        _node = node;
        _catalog = catalog;
        _records = records;
        _grains = grains;
        _metrics = metrics;
        _time = time;
        _logger = logger;
    }

    private TableId Id => new(checked((int)this.GetPrimaryKeyLong()));

    private long BackoffMs => _failures == 0 ? 0 : Math.Min(BackoffMsMax, BackoffMsMin << Math.Min(_failures - 1, 10));

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var tick = TimeSpan.FromMilliseconds(_node.Options.TickMs);
        (_expiredAt, _orphansAt) = (_time.GetTimestamp(), _time.GetTimestamp());
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions { DueTime = tick, Period = tick, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _closing.CancelAsync();
        await _round.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>Called by Orleans after the deactivation.</summary>
    public void Dispose() => _closing.Dispose();

    /// <inheritdoc/>
    public async Task EnsureAsync()
    {
        try
        {
            await OpenAsync();
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.TableDropped)
        {
            // A table that was never finished leaves a note behind; one that is being dropped is the catalog's business.
            if (await _catalog.IsGoneAsync(Id, CancellationToken.None))
                await _catalog.ForgetLakeAsync(Id, CancellationToken.None);
            DeactivateOnIdle();
        }
    }

    /// <inheritdoc/>
    public async Task ReportAsync(BucketId bucket, LogOffset highWatermark)
    {
        await OpenAsync();
        _tiering!.Backlog.Report(KeyOf(bucket), highWatermark);
    }

    /// <inheritdoc/>
    public async Task<LogOffset> GetTieredAsync(BucketId bucket)
    {
        await OpenAsync();
        await _tiering!.ReadHeadAsync(_closing.Token);
        return _tiering.Backlog.Of(KeyOf(bucket)).Tiered;
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(PartitionId partition)
    {
        await OpenAsync();
        foreach (var bucket in _tiering!.Backlog.Known().Where(bucket => bucket.Partition == partition))
            _tiering.Backlog.Forget(bucket);
    }

    /// <inheritdoc/>
    public async Task TierAsync()
    {
        await OpenAsync();
        await ReadTableAsync();
        if (_table!.Options.Lake != LakeMode.On)
            throw new GridException(GridErrorCode.InvalidArgument, $"{_table.Path} does not tier into a lake: that is {Text(_table.Options.Lake)}. Switch it on (grid table alter {_table.Path} --lake on).");
        await ListBucketsAsync(_tiering!.Backlog.Doubt); // rows that were not reported yet count too
        (_failures, _failure) = (0, null);
        _tiering!.Backlog.Ask();
    }

    /// <inheritdoc/>
    public async Task CompactAsync()
    {
        await OpenAsync();
        await ReadTableAsync();
        if (_table!.Options.Lake != LakeMode.On)
            throw new GridException(GridErrorCode.InvalidArgument, $"{_table.Path} does not tier into a lake: that is {Text(_table.Options.Lake)}. Switch it on (grid table alter {_table.Path} --lake on).");
        _compactor!.Ask();
    }

    /// <inheritdoc/>
    public async Task<LakeStatus> GetStatusAsync()
    {
        await OpenAsync();
        await ReadTableAsync();
        var head = await _tiering!.ReadHeadAsync(_closing.Token);
        var summary = head?.Metadata.CurrentSnapshot?.Summary ?? ImmutableSortedDictionary<string, string>.Empty;
        return _compactor!.Tell(new LakeStatus
        {
            Activity = _table!.Options.Lake != LakeMode.On ? LakeActivity.Off : !_round.IsCompleted && !_compactor!.IsRunning ? LakeActivity.Tiering : _failure is not null ? LakeActivity.Failing : LakeActivity.Waiting,
            Location = head is null ? null : _lake!.Location,
            Version = head?.Version ?? 0,
            Snapshot = head?.Metadata.CurrentSnapshotId?.Value,
            CommittedMs = head?.Metadata.LastUpdatedMs ?? 0,
            Files = Number("total-data-files"),
            Rows = Number("total-records") - Number("total-position-deletes"),
            Bytes = Number("total-files-size"),
            Buckets = [.. ListBuckets(head).Select(bucket =>
            {
                var (tiered, end) = _tiering.Backlog.Of(bucket);
                return new LakeBucketStatus(bucket.Number, tiered, end) { Partition = bucket.Partition };
            })],
            Failure = _failure,
        });

        long Number(string key) => summary.TryGetValue(key, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    /// <inheritdoc/>
    public async Task<LakeFilesAnswer> ListFilesAsync(LakeFilesRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Version < 0 || request.Skip < 0)
            throw new GridException(GridErrorCode.InvalidArgument, $"Files of version {request.Version} behind {request.Skip} others were asked for; both are 0 or more, version 0 is the newest.");
        await OpenAsync();
        // Pages of one version come one after another, by whomever: the last one that was read serves most of them.
        if (_listing is not { } listing || listing.Version != request.Version)
        {
            var table = await ReadTableAsync();
            var state = request.Version == 0 ? await _tiering!.ReadHeadAsync(_closing.Token) : await _lake!.FindAsync(request.Version, _closing.Token);
            if (state is null)
                return request.Version == 0 ? new LakeFilesAnswer { Tiered = [.. Enumerable.Repeat(LogOffset.Zero, table.Options.Buckets)] }
                    : throw new GridException(GridErrorCode.UnknownLakeVersion, $"The lake table of {table.Path} has no version {request.Version} (any more); list the newest, which is version 0.");
            if (table.IsPartitioned)
                throw new GridException(GridErrorCode.InvalidArgument, $"{table.Path} is partitioned; the files of such a lake table are not listed for clients in this version. Read it with an engine.");
            listing = await Task.Run(() => LakeListing.ReadAsync(_lake!, state, table, _closing.Token));
        }

        var page = listing.Page(request.Skip);
        _listing = page.Next is null ? null : listing;
        return page;
    }

    /// <inheritdoc/>
    public async Task DropAsync(TableInfo table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _dropped = true;
        await _closing.CancelAsync();
        await _round.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await _node.Open(table).DeleteAsync(CancellationToken.None);
        await _catalog.ForgetLakeAsync(table.Id, CancellationToken.None);
        LogDeleted(table.Id);
        DeactivateOnIdle();
    }

    private static LakeBucket KeyOf(BucketId bucket) => new(bucket.Partition, bucket.Number);

    private static string Text(LakeMode mode) => mode == LakeMode.None ? "off" : "paused";

    /// <summary>Reads the table and which of its buckets exist, once; calls that meet share it.</summary>
    private async Task OpenAsync()
    {
        if (_dropped)
            throw CatalogStore.TableDropped(Id);
        if (_tiering is not null)
            return;
        if (_opening is null or { IsCompleted: true })
            _opening = OpenOnceAsync();
        await _opening;
    }

    private async Task OpenOnceAsync()
    {
        var table = await ReadTableAsync();
        var lake = _node.Open(table);
        var tiering = new TableTiering(lake, _node.Store, WriteAsync, _time);
        await ListBucketsAsync(tiering.Backlog.Doubt);
        ITableCompaction compaction = table.Schema.HasPrimaryKey ? new KeyTableCompaction(lake, _node.Store, CompactAsync, _node.Options.Compaction) : _node.CompactionOf(lake);
        (_lake, _compactor, _tiering) = (lake, new LakeCompactor(compaction, _metrics, _time), tiering);
    }

    /// <summary>The buckets that were ever used: to ask the others would only make them.</summary>
    private async Task ListBucketsAsync(Action<LakeBucket> use)
    {
        await foreach (var (bucket, _) in _records.ListTagsAsync(Id, _closing.Token))
            use(KeyOf(bucket));
    }

    /// <summary>The buckets that a status tells of: of a partitioned table those that were used, and those of dropped partitions that are in the lake.</summary>
    private IEnumerable<LakeBucket> ListBuckets(LakeState? head) => _table!.IsPartitioned
        ? _tiering!.Backlog.Known().Union(head?.Offsets.Buckets ?? []).Order()
        : Enumerable.Range(0, _table.Options.Buckets).Select(number => new LakeBucket(default, number));

    private async Task<TableInfo> ReadTableAsync() => _table = await GrainFactory.GetGrain<ITableGrain>(Id.Value).GetAsync();

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_dropped || !_round.IsCompleted || _tiering is null || (_failures > 0 && _time.GetElapsedTime(_failedAt).TotalMilliseconds < BackoffMs))
            return;
        try
        {
            if (_tiering.Backlog.IsDue(_table!.Options.LakeFreshnessMs) && (await ReadTableAsync()).Options.Lake == LakeMode.On)
                _round = RunAsync(_tiering, _table!);
            else if (IsOver(ref _expiredAt, _node.Options.ExpireMs))
                _round = CleanAsync(_lake!.ExpireAsync);
            else if (IsOver(ref _orphansAt, _node.Options.OrphansMs))
                _round = CleanAsync(_lake!.DeleteOrphansAsync);
            else if (_compactor!.IsDue(_table!, _tiering.Head) && (await ReadTableAsync()).Options.Lake == LakeMode.On)
                _round = CompactAsync(_compactor, _tiering, _table!); // last, and one step: rows on their way into the lake go first
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.TableDropped)
        {
            DeactivateOnIdle();
        }
        catch (Exception failure) when (failure is GridException or TimeoutException or OrleansException)
        {
            LogNotBegun(failure, Id);
        }
    }

    private bool IsOver(ref long since, int ms)
    {
        if (_time.GetElapsedTime(since).TotalMilliseconds < ms)
            return false;
        since = _time.GetTimestamp();
        return true;
    }

    private async Task RunAsync(TableTiering tiering, TableInfo table)
    {
        Exception? failure;
        var began = _time.GetTimestamp();
        try
        {
            failure = await Task.Run(() => tiering.RunAsync(table, _closing.Token));
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            failure = e;
        }

        if (failure is GridException { Code: GridErrorCode.VersionConflict })
        {
            // Nothing is wrong with the lake: what is due is due at the next tick.
            LogRaceLost(failure.Message);
            _metrics.RoundEnded(table.Path.ToString(), failed: false, _time.GetElapsedTime(began), tiering.Backlog.Rows);
            return;
        }

        _metrics.RoundEnded(table.Path.ToString(), failure is not null, _time.GetElapsedTime(began), tiering.Backlog.Rows);
        _failures = failure is null ? 0 : _failures + 1;
        _failure = failure?.Message;
        _failedAt = _time.GetTimestamp();
        if (failure is not null)
            LogRoundFailed(failure, Id, BackoffMs);
    }

    private async Task CompactAsync(LakeCompactor compactor, TableTiering tiering, TableInfo table)
    {
        if (await compactor.RunAsync(table, _closing.Token) is { } failure)
            LogCompactionFailed(failure, Id, compactor.BackoffMs);
        // It is a commit of its own, or may be one.
        tiering.Forget();
    }

    private async Task CleanAsync(Func<CancellationToken, Task<int>> clean)
    {
        try
        {
            await Task.Run(() => clean(_closing.Token));
            // An expiry is a commit of its own.
            _tiering!.Forget();
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
        }
        catch (Exception failure)
        {
            LogUpkeepFailed(failure, Id);
        }
    }

    /// <summary>Called from the thread pool, as <see cref="WriteAsync"/>.</summary>
    private async Task<CompactedFiles> CompactAsync(TableInfo table, LakeBucket bucket, LogOffset at, bool asked, CancellationToken cancellationToken)
    {
        var grain = _grains.GetGrain<IBucketControlGrain>(table.Bucket(bucket.Number).ToString());
        var answer = await grain.CompactAsync(new CompactRequest { At = at, SchemaVersion = table.Schema.Version, IsAsked = asked }, cancellationToken).WaitAsync(cancellationToken);
        var spec = LakePartitionSpec.Of(table);
        return new CompactedFiles(
            [.. TierFiles.Read(answer.AddedData, ManifestContent.Data, spec), .. TierFiles.Read(answer.AddedDeletes, ManifestContent.Deletes, spec)],
            [.. TierFiles.Read(answer.RemovedData, ManifestContent.Data, spec), .. TierFiles.Read(answer.RemovedDeletes, ManifestContent.Deletes, spec)])
        { Needed = answer.Needed };
    }

    /// <summary>Called from the thread pool, where a grain's own services are out of reach.</summary>
    private async Task<TieredRows> WriteAsync(TableInfo table, LakeBucket bucket, LogOffset from, CancellationToken cancellationToken)
    {
        var grain = _grains.GetGrain<IBucketControlGrain>(table.Bucket(bucket.Partition, bucket.Number).ToString());
        var values = table.IsPartitioned ? await FindValuesAsync(bucket, cancellationToken) : [];
        var answer = await grain.TierAsync(new TierRequest { From = from, SchemaVersion = table.Schema.Version, Values = values }, cancellationToken).WaitAsync(cancellationToken); // a node that died does not answer
        var spec = LakePartitionSpec.Of(table);
        return new TieredRows(
            [.. TierFiles.Read(answer.Files, ManifestContent.Data, spec), .. TierFiles.Read(answer.Deletes, ManifestContent.Deletes, spec)], answer.End, answer.HighWatermark)
        { Needed = answer.Needed };
    }

    /// <summary>The values of a bucket's partition, also of one that is being dropped.</summary>
    private async Task<ImmutableArray<string>> FindValuesAsync(LakeBucket bucket, CancellationToken cancellationToken)
    {
        if (_values.TryGetValue(bucket.Partition, out var known))
            return known;
        var partitions = await _catalog.Partitions.ReadAsync(Id, cancellationToken) ?? throw CatalogStore.TableDropped(Id);
        if (partitions.Partitions.Concat(partitions.Dropping).FirstOrDefault(partition => partition.Id == bucket.Partition) is { } found)
            return _values[bucket.Partition] = found.Values;
        _tiering?.Backlog.Forget(bucket);
        throw new GridException(GridErrorCode.PartitionDropped, $"Partition {bucket.Partition} of table {Id} was dropped; the next round passes it over.");
    }
}
