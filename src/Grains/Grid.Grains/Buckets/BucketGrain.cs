using System.Diagnostics;
using Grid.Abstractions;
using Grid.Grains.DataPort;
using Grid.Grains.Replication;
using Grid.Grains.Tiering;
using Grid.Storage.Buckets;
using Grid.Storage.Remote;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Grid.Grains.Buckets;

/// <summary>
/// The bucket as an actor: finds out what its table is, opens the engine, and passes calls on. Reentrant, so that a fetch that waits does not
/// hold writes up; the engine is thread safe. Opening may take long (recovery, replay), so it runs beside the calls, which wait for it within a bound.
/// </summary>
[Reentrant]
[BucketPlacement]
public sealed partial class BucketGrain : Grain, IBucketGrain, IBucketControlGrain, IDisposable
{
    private const string AppendOperation = "append";
    private const string WriteOperation = "write";
    private const string StatusOperation = "status";
    private const string PursueOperation = "pursue";
    private const string TierOperation = "tier";
    private readonly BucketHost _host;
    private readonly DataPortHost _dataPort;
    private readonly BucketLeadership _leadership;
    private readonly LakeNode _lake;
    private readonly LogHistories _histories;
    private readonly GridNodeOptions _options;
    private readonly GridGrainMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<BucketGrain> _logger;
    private readonly CancellationTokenSource _closing = new();
    private BucketId _id;
    private TableInfo? _table;
    private Task<OpenBucket>? _opening;
    private LogOffset _reported;
    private IGrainTimer? _reports;
    private IGrainTimer? _copies;
    private bool _reporting;
    private GridException? _dropped;
    private bool _isOver;
    private int _writes;
    private TaskCompletionSource? _written;

    /// <summary>Made by Orleans.</summary>
    public BucketGrain(
        BucketHost host, BucketLeadership leadership, LakeNode lake, LogHistories histories, DataPortHost dataPort, GridNodeOptions options, GridGrainMetrics metrics, TimeProvider time, ILogger<BucketGrain> logger)
    {
        _host = host;
        _leadership = leadership;
        _lake = lake;
        _histories = histories;
        _dataPort = dataPort;
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var interval = TimeSpan.FromMilliseconds(_options.RetentionIntervalMs);
        this.RegisterGrainTimer(ApplyRetentionAsync, new GrainTimerCreationOptions { DueTime = interval, Period = interval, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _closing.CancelAsync();
        await CloseAsync();
    }

    /// <summary>Called by Orleans after the deactivation.</summary>
    public void Dispose() => _closing.Dispose();

    /// <inheritdoc/>
    public Task<AppendAnswer> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
        CallAsync(AppendOperation, request, request.Frames, request.Frames?.Length ?? 0,
            static (bucket, request, token) => bucket.Engine.AppendAsync(request, token), static _ => null, cancellationToken);

    /// <inheritdoc/>
    public Task<WriteAnswer> WriteAsync(WriteRequest request, CancellationToken cancellationToken) =>
        CallAsync(WriteOperation, request, request.Frame, request.Frame?.Length ?? 0,
            static (bucket, request, token) => bucket.Engine.WriteAsync(request, token), static answer => answer.Rows, cancellationToken);

    /// <inheritdoc/>
    public async Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        // While a fetch waits for rows, it holds no memory: bytes are taken only for a look that answers at once.
        var answer = await CallAsync("fetch", request with { WaitMsMax = 0 }, null, GridLimits.CallBytesMax,
            static (bucket, request, token) => bucket.Engine.FetchAsync(request, token), static answer => answer.Frames, cancellationToken);
        if (request.WaitMsMax <= 0 || answer.Frames is not null)
            return answer;
        return await CallAsync("fetch.wait", request with { Offset = answer.NextOffset }, null, 0,
            static (bucket, request, token) => bucket.WaitAndFetchAsync(request, token), static answer => answer.Frames, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<StreamTicket?> OpenStreamAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        if (_dataPort.Server is not { } server)
            return null;
        return await CallAsync("stream", (request, server), null, 0,
            static (bucket, call, _) => Task.FromResult(call.server.Issue(new BucketSource(bucket, bucket.Engine.OpenLogSource(call.request.Fetch, call.request.Stop)))),
            static _ => null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<LogOffset> FindOffsetAsync(OffsetQuery query) =>
        CallAsync("find_offset", query, null, 0, static (bucket, query, token) => bucket.Engine.FindOffsetAsync(query, token), static _ => null, CancellationToken.None);

    /// <inheritdoc/>
    public Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken) =>
        CallAsync("lookup", request, request.Keys, (request.Keys?.Length ?? 0) + GridLimits.CallBytesMax,
            static (bucket, request, token) => bucket.Engine.LookupAsync(request, token), static answer => answer.Rows, cancellationToken);

    /// <inheritdoc/>
    public Task<ScanAnswer> OpenScanAsync(ScanRequest request, CancellationToken cancellationToken) =>
        CallAsync("scan", request, null, GridLimits.CallBytesMax,
            static (bucket, request, token) => bucket.Engine.OpenScanAsync(request, token), static answer => answer.Rows, cancellationToken);

    /// <inheritdoc/>
    public Task<ScanAnswer> NextScanAsync(long scanId, int page, CancellationToken cancellationToken) =>
        CallAsync("scan.next", (scanId, page), null, GridLimits.CallBytesMax,
            static (bucket, scan, token) => bucket.Engine.NextScanAsync(scan.scanId, scan.page, token), static answer => answer.Rows, cancellationToken);

    /// <inheritdoc/>
    public async Task CloseScanAsync(long scanId) =>
        await CallAsync("scan.close", scanId, null, 0, static async (bucket, scanId, _) =>
        {
            await bucket.Engine.CloseScanAsync(scanId);
            return true;
        }, static _ => null, CancellationToken.None);

    /// <inheritdoc/>
    public Task<BucketStatus> GetStatusAsync() =>
        CallAsync(StatusOperation, _id, null, 0,
            static (bucket, _, token) => bucket.Engine.Replica!.DescribeAsync(bucket.Engine.GetStatus(), token), static _ => null, CancellationToken.None);

    /// <inheritdoc/>
    Task<BucketStatus> IBucketControlGrain.PursueAsync() =>
        CallAsync(PursueOperation, _id, null, 0, static (bucket, _, token) =>
        {
            bucket.Engine.Replica!.LookAtRecord();
            return bucket.Engine.Replica.DescribeAsync(bucket.Engine.GetStatus(), token);
        }, static _ => null, CancellationToken.None);

    /// <inheritdoc/>
    Task<TierAnswer> IBucketControlGrain.TierAsync(TierRequest request, CancellationToken cancellationToken) =>
        CallAsync(TierOperation, request, null, 0,
            (bucket, request, token) => _lake.TierAsync(bucket.Engine, _id, _table!, request, token), static _ => null, cancellationToken);

    /// <inheritdoc/>
    async Task<LogOffset> IBucketControlGrain.EndAsync()
    {
        await ReadTableAsync(fresh: true);
        if (!_isOver)
            throw new GridException(GridErrorCode.InvalidArgument, $"The partition of bucket {ParseId()} is not being dropped; its log has no end.");
        var open = await GetOpenAsync(CancellationToken.None);
        while (_writes > 0)
        {
            _written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _written.Task;
        }

        return open.Engine.GetStatus().LogEndOffset;
    }

    /// <inheritdoc/>
    Task IBucketControlGrain.DeleteAsync() => DeleteAsync(Over());

    /// <inheritdoc/>
    Task<CompactAnswer> IBucketControlGrain.CompactAsync(CompactRequest request, CancellationToken cancellationToken) =>
        CallAsync("compact", request, null, 0,
            (bucket, request, token) => _lake.CompactAsync(bucket.Engine, _id.Number, _table!, request, token), static _ => null, cancellationToken);

    /// <inheritdoc/>
    public Task RefreshAsync() => RefreshAsync(fresh: true);

    private async Task RefreshAsync(bool fresh)
    {
        try
        {
            await ReadTableAsync(fresh);
        }
        catch (GridException refusal) when (BucketTable.IsGone(refusal))
        {
            await DeleteAsync(refusal);
        }
    }

    /// <summary>From here on every call is refused, those at work too; then the files go, on every node that has some.</summary>
    private async Task DeleteAsync(GridException reason)
    {
        _dropped = reason;
        await CloseAsync();
        await _leadership.DeleteReplicasAsync(ParseId());
        DeactivateOnIdle();
    }

    /// <summary>One call: bytes taken, block kept, engine open, refusals counted; a schema version that is not known yet is asked for once.</summary>
    private async Task<TAnswer> CallAsync<TRequest, TAnswer>(string operation, TRequest request, FrameBlock? block, long bytes,
        Func<OpenBucket, TRequest, CancellationToken, Task<TAnswer>> call, Func<TAnswer, FrameBlock?> blockOf, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var received = block?.Length ?? 0;
        using var activity = GridGrainMetrics.Activities.StartActivity(operation, ActivityKind.Server);
        activity?.SetTag("grid.bucket", this.GetPrimaryKeyString());

        // Before the first await: afterwards a caller in this process that gives up may dispose the block.
        if (block is not null && !block.TryRetain())
            throw Count(operation, new GridException(GridErrorCode.Timeout, "The caller gave up before the call began."));
        try
        {
            if (received > GridLimits.FrameBytesMax)
                throw new GridException(GridErrorCode.TooLarge, $"The request has {received} bytes; at most {GridLimits.FrameBytesMax} are legal. Send fewer rows at once.");
            using var share = _host.Bytes.Take(bytes);
            var answer = await CallEngineAsync(operation, request, call, cancellationToken);
            _metrics.CallAnswered(operation, _time.GetElapsedTime(started), received, blockOf(answer)?.Length ?? 0);
            return answer;
        }
        catch (GridException refusal)
        {
            // A drop closes the engine under calls that are at work; their callers are to learn why.
            var reason = _dropped is not null && refusal.Code is GridErrorCode.Closing or GridErrorCode.WritesStopped ? Dropped() : refusal;
            activity?.SetStatus(ActivityStatusCode.Error, reason.Message);
            throw Count(operation, reason);
        }
        finally
        {
            block?.Dispose();
        }
    }

    private async Task<TAnswer> CallEngineAsync<TRequest, TAnswer>(string operation, TRequest request,
        Func<OpenBucket, TRequest, CancellationToken, Task<TAnswer>> call, CancellationToken cancellationToken)
    {
        var bucket = await GetOpenAsync(cancellationToken);
        if (_isOver && operation is not (TierOperation or StatusOperation or PursueOperation))
            throw Over();
        var known = _table!.Schemas.Length;
        var isWrite = operation is AppendOperation or WriteOperation;
        _writes += isWrite ? 1 : 0;
        bucket.BeginCall();
        try
        {
            return await call(bucket, request, cancellationToken);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.SchemaMismatch)
        {
            // The caller may know a newer schema than this bucket: ask once, and only try again where there is one.
            if ((await ReadTableAsync()).Schemas.Length == known)
                throw;
            return await call(bucket, request, cancellationToken);
        }
        finally
        {
            bucket.EndCall();
            if (isWrite && --_writes == 0)
                _written?.TrySetResult();
        }
    }

    private async Task<OpenBucket> GetOpenAsync(CancellationToken cancellationToken)
    {
        if (_dropped is not null)
            throw Dropped();
        if (_closing.IsCancellationRequested)
            throw Closing();
        if (_opening is { IsCompletedSuccessfully: true } open)
            return await open;
        if (_opening is null or { IsCompleted: true })
            _opening = OpenAsync();
        try
        {
            return await _opening.WaitAsync(TimeSpan.FromMilliseconds(_options.OpenWaitMsMax), _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new GridException(GridErrorCode.Busy, $"Bucket {_id} is still being opened after {_options.OpenWaitMsMax} ms; try again shortly.");
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw _dropped is not null ? Dropped() : Closing();
        }
    }

    private async Task<OpenBucket> OpenAsync()
    {
        _id = ParseId();
        var table = await ReadTableAsync();
        try
        {
            var open = await _host.OpenAsync(_id, table, RequestClose, _closing.Token);
            try
            {
                // A schema that came while the engine opened.
                if (!ReferenceEquals(table, _table))
                    open.Engine.Update(_table!);
                _histories.Attach(open.Engine, _id, _table!);
                await _leadership.LeadAsync(open, _table!, GoToLeader, _closing.Token);
                LogOpened(_id, table.Path);
                return open;
            }
            catch (Exception failure)
            {
                // Another node leads, or none can. Deactivating alone would not do: callers that remember this silo would activate the bucket here again. Migrating places it
                // anew and tells them.
                LogNotLed(_id, failure.Message);
                await _host.CloseAsync(open, RequestClose);
                MigrateOnIdle();
                throw;
            }
        }
        catch (Exception failure) when (failure is not (GridException or OperationCanceledException))
        {
            LogOpenFailed(failure, _id);
            throw new GridException(GridErrorCode.StorageFailed, $"Bucket {_id} cannot be opened: {failure.Message}", failure);
        }
    }

    private async Task CloseAsync()
    {
        if (_opening is not { } opening)
            return;
        _opening = null;
        OpenBucket bucket;
        try
        {
            bucket = await opening;
        }
        catch (Exception failure) when (failure is GridException or OperationCanceledException)
        {
            return; // it never opened, and who waited for it was told
        }

        await _host.CloseAsync(bucket, RequestClose);
        LogClosed(_id);
    }

    /// <summary>Reads the table again; an open engine gets it in the same turn.</summary>
    private async Task<TableInfo> ReadTableAsync(bool fresh = false)
    {
        var (table, isOver) = await BucketTable.ReadAsync(GrainFactory, ParseId(), fresh);
        _isOver |= isOver; // no partition comes back
        // Answers may overtake each other; versions only rise.
        if (_table is not null && table.Schemas.Length < _table.Schemas.Length)
            return _table;
        _table = table;
        if (table.Options.Lake != LakeMode.None && _reports is null)
        {
            var tick = TimeSpan.FromMilliseconds(_lake.Options.TickMs);
            _reports = this.RegisterGrainTimer(ReportToLakeAsync, new GrainTimerCreationOptions { DueTime = tick, Period = tick, Interleave = true });
        }

        if (table.Options.Remote != RemoteMode.None && _copies is null)
        {
            var tick = TimeSpan.FromMilliseconds(_options.Remote.TickMs);
            _copies = this.RegisterGrainTimer(CopySegmentsAsync, new GrainTimerCreationOptions { DueTime = tick, Period = tick, Interleave = true });
        }

        if (_opening is { IsCompletedSuccessfully: true } open)
        {
            open.Result.Engine.Update(table);
            _histories.Attach(open.Result.Engine, _id, table);
        }

        return table;
    }

    private async Task ApplyRetentionAsync(CancellationToken cancellationToken)
    {
        if (_opening is not { IsCompletedSuccessfully: true } open)
            return;
        if (open.Result.IsAtWork || open.Result.Engine.Replica!.IsMoving)
            DelayDeactivation(TimeSpan.FromMilliseconds(_options.BucketIdleMs)); // a stream or a move is no call that Orleans would see
        try
        {
            await RefreshAsync(fresh: false); // options may have changed; opened in the very moment of a drop, it was not told of that, and nobody else would delete its files
            if (_dropped is null)
            {
                var engine = (await open).Engine;
                await engine.ApplyRetentionAsync(await _histories.FindKeepFromAsync(GrainFactory, engine, _id, _table!, cancellationToken), cancellationToken);
            }
        }
        catch (Exception failure) when (failure is GridException or IOException or TimeoutException or OrleansException)
        {
            LogRetentionFailed(failure, _id); // the next tick tries again
        }
    }

    /// <summary>Copies sealed segments to the object store, and deletes copies that expired. Where that takes long, the bucket stays open: nobody else would go on with it.</summary>
    private async Task CopySegmentsAsync(CancellationToken cancellationToken)
    {
        if (_opening is not { IsCompletedSuccessfully: true } open || _dropped is not null)
            return;
        try
        {
            var copying = _histories.CopyAsync((await open).Engine, _table!, _closing.Token);
            if (!copying.IsCompleted)
                DelayDeactivation(TimeSpan.FromMilliseconds(_options.BucketIdleMs));
            if (await copying == RemoteStepKind.Diverged)
                LogDiverged(_id);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // Closed; whoever leads next goes on.
        }
        catch (Exception failure) when (failure is GridException or IOException or TimeoutException or OrleansException)
        {
            LogNotCopied(failure, _id); // the next tick tries again
        }
    }

    /// <summary>Tells the table's tiering how far this bucket is, when that has changed. A report that is lost is made again.</summary>
    private async Task ReportToLakeAsync(CancellationToken cancellationToken)
    {
        if (_reporting || _table is not { Options.Lake: LakeMode.On } || _opening is not { IsCompletedSuccessfully: true } open || open.Result.Engine.HighWatermark <= _reported)
            return;
        _reporting = true;
        try
        {
            var end = open.Result.Engine.HighWatermark;
            await GrainFactory.GetGrain<ILakeControlGrain>(_id.Table.Value).ReportAsync(_id, end);
            _reported = end;
        }
        catch (Exception failure) when (failure is GridException or TimeoutException or OrleansException)
        {
            LogNotReported(failure, _id);
        }
        finally
        {
            _reporting = false;
        }
    }

    private void RequestClose() => DeactivateOnIdle();

    /// <summary>Called from any thread when this node stopped leading.</summary>
    private void GoToLeader()
    {
        if (_dropped is null && !_closing.IsCancellationRequested)
            MigrateOnIdle();
    }

    private BucketId ParseId()
    {
        try
        {
            return BucketId.Parse(this.GetPrimaryKeyString());
        }
        catch (FormatException failure)
        {
            throw new GridException(GridErrorCode.InvalidArgument, failure.Message, failure);
        }
    }

    private GridException Count(string operation, GridException refusal)
    {
        _metrics.CallRefused(operation, refusal.Code);
        return refusal;
    }

    private GridException Over() => new(GridErrorCode.PartitionDropped, $"The partition of bucket {ParseId()} was dropped. Ask for the partition by its values.");

    private GridException Dropped() => _dropped!.Code == GridErrorCode.PartitionDropped
        ? Over()
        : new(GridErrorCode.TableDropped, $"The table of bucket {_id} was dropped. Ask for the table by its name.");

    private GridException Closing() => new(GridErrorCode.Closing, $"Bucket {_id} is closing; ask again.");
}
