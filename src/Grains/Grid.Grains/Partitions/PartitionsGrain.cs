using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Grains.Buckets;
using Grid.Grains.Tiering;
using Grid.Storage.Catalog;
using Grid.Storage.Partitions;
using Grid.Storage.Replication;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Grid.Grains.Partitions;

/// <summary>
/// The partitions of a table as an actor: what it remembers is what it saw last, the truth is in the store and changes there by compare-and-swap. A second activation elsewhere can never lose a change, only answer
/// an older state for a while. Reentrant: the buckets of a partition that is dropped ask it while it waits for them.
/// </summary>
[Reentrant]
public sealed partial class PartitionsGrain(CatalogStore catalog, BucketRecordStore records, TimeProvider time, ILogger<PartitionsGrain> logger) : Grain, IPartitionsGrain, IPartitionControlGrain, IDisposable
{
    private const int RefreshesAtOnce = 32;
    private readonly HashSet<PartitionId> _finishing = [];
    // Changes made here at once would lose the race against each other.
    private readonly SemaphoreSlim _turn = new(1);
    private TablePartitions? _known;

    private TableId Id => new(checked((int)this.GetPrimaryKeyLong()));

    /// <summary>Called by Orleans after the deactivation.</summary>
    public void Dispose() => _turn.Dispose();

    /// <inheritdoc/>
    public async Task<ImmutableArray<PartitionInfo>> ListAsync()
    {
        await ReadTableAsync();
        return (await KnownAsync()).Partitions;
    }

    /// <inheritdoc/>
    public async Task<PartitionInfo?> FindAsync(ImmutableArray<string> values)
    {
        var table = await ReadTableAsync();
        return (await KnownAsync()).Find(PartitionValues.Normalize(table.Schema, values));
    }

    /// <inheritdoc/>
    public async Task<PartitionInfo> CreateAsync(ImmutableArray<string> values, PartitionCreation reason)
    {
        var table = await ReadTableAsync();
        values = PartitionValues.Normalize(table.Schema, values);
        if ((await KnownAsync()).Find(values) is { } known && reason != PartitionCreation.ByHand)
            return known;
        if (reason == PartitionCreation.ByWriting && !table.Options.Partitions.CreateOnWrite)
            return (await ReadAsync()).Find(values)
                ?? throw new GridException(GridErrorCode.UnknownPartition,
                    $"{table.Path} has no partition {PartitionValues.ToText(table.Schema, values)}, and rows make none there. Make it first (grid partition create), or let rows make it (grid table alter {table.Path} --partition-create on).");
        PartitionRules.RequireCreatable(table, values[0], time.GetUtcNow());
        var (partition, created) = await AddAsync(table, values, reason == PartitionCreation.ByWriting ? "rows came for it" : "by hand");
        return created || reason != PartitionCreation.ByHand ? partition
            : throw new GridException(GridErrorCode.AlreadyExists, $"{table.Path} has a partition {PartitionValues.ToText(table.Schema, values)} already; drop it, or allow the existing one.");
    }

    /// <inheritdoc/>
    public async Task<bool> DropAsync(ImmutableArray<string> values)
    {
        var table = await ReadTableAsync();
        return await DropAsync(table, PartitionValues.Normalize(table.Schema, values), "by hand");
    }

    /// <inheritdoc/>
    async Task<bool> IPartitionControlGrain.RequireAsync(PartitionId partition, bool fresh)
    {
        if (!fresh && (await KnownAsync()).Has(partition))
            return false;
        var known = await ReadAsync(); // made elsewhere, perhaps
        if (known.Has(partition))
            return false;
        if (known.Dropping.Any(dropping => dropping.Id == partition) && (await ReadTableAsync()).Options.Lake != LakeMode.None)
            return true;
        throw known.IsGone(partition)
            ? new GridException(GridErrorCode.PartitionDropped, $"Partition {partition} of table {Id} was dropped. Ask for the partition by its values.")
            : new GridException(GridErrorCode.InvalidArgument, $"Table {Id} has no partition {partition}; it has given the ids 1 to {known.NextId - 1}. Ask for the partition by its values.");
    }

    /// <inheritdoc/>
    async Task<long> IPartitionControlGrain.KeepAsync()
    {
        var table = await ReadTableAsync();
        var state = await ReadAsync();
        foreach (var partition in state.Dropping)
            await FinishDropAsync(table, partition);
        if (PartitionCalendar.Of(table) is not { } calendar)
            return DueMs(DateTimeOffset.MaxValue);

        var plan = PartitionPlan.Compute(calendar, table.Options.Partitions, state.Partitions, time.GetUtcNow());
        foreach (var partition in plan.Drop)
            await DropAsync(table, partition.Values, "its time is over");
        foreach (var value in plan.Create)
            await AddAsync(table, [value], "its time has come");
        if (plan.Lacking > 0)
            LogLacking(table.Path, plan.Lacking);
        return DueMs(plan.DueAt);
    }

    /// <summary>A drop that is not finished is due at the next look.</summary>
    private long DueMs(DateTimeOffset due) => _known is { Dropping.IsEmpty: false } ? 0 : due.ToUnixTimeMilliseconds();

    private async Task<(PartitionInfo Partition, bool Created)> AddAsync(TableInfo table, ImmutableArray<string> values, string reason)
    {
        await _turn.WaitAsync();
        try
        {
            var (partition, created, state) = await catalog.Partitions.AddAsync(table, values, CancellationToken.None);
            Learn(state);
            if (created)
                LogCreated(table.Path, PartitionValues.ToText(table.Schema, values), partition.Id, reason);
            return (partition, created);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> DropAsync(TableInfo table, ImmutableArray<string> values, string reason)
    {
        PartitionInfo dropped;
        await _turn.WaitAsync();
        try
        {
            var (found, state) = await catalog.Partitions.MarkDroppedAsync(Id, values, CancellationToken.None);
            Learn(state);
            if (found is null)
                return false;
            dropped = found;
        }
        finally
        {
            _turn.Release();
        }

        LogDropped(PartitionValues.ToText(table.Schema, values), dropped.Id, table.Path, reason);
        await FinishDropAsync(table, dropped);
        return true;
    }

    /// <summary>
    /// The steps after a partition was marked dropped; each may be done again. The partition is gone for everybody by then, so a bucket that cannot delete its files now does not fail the call: the partition stays
    /// noted, and whoever looks after the table goes on.
    /// </summary>
    private async Task FinishDropAsync(TableInfo table, PartitionInfo partition)
    {
        if (!_finishing.Add(partition.Id))
            return;
        try
        {
            if (table.Options.Lake != LakeMode.None && !await MoveIntoLakeAsync(table, partition))
                return;
            foreach (var some in Enumerable.Range(0, table.Options.Buckets).Chunk(RefreshesAtOnce))
                await Task.WhenAll(some.Select(number => DeleteAsync(table, table.Bucket(partition.Id, number))));

            await _turn.WaitAsync();
            try
            {
                Learn(await catalog.Partitions.FinishDropAsync(Id, partition, CancellationToken.None));
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (Exception failure) when (failure is GridException or OrleansException or TimeoutException)
        {
            LogDropNotFinished(failure, partition.Id, table.Path);
        }
        finally
        {
            _finishing.Remove(partition.Id);
        }
    }

    /// <summary>Tells a bucket that its partition is dropped. Where the table has a lake it knows that already, and is told that its rows are there.</summary>
    private Task DeleteAsync(TableInfo table, BucketId bucket) => table.Options.Lake == LakeMode.None
        ? GrainFactory.GetGrain<IBucketGrain>(bucket.ToString()).RefreshAsync()
        : GrainFactory.GetGrain<IBucketControlGrain>(bucket.ToString()).DeleteAsync();

    /// <summary>
    /// Ends the logs of a partition that is dropped, and has the lake take in what it lacks of them. No row that was acknowledged is lost: a log that ended takes no write, whoever leads it, and its end is behind all that were at
    /// work. False: the lake lacks rows still, and it is to be looked at again.
    /// </summary>
    private async Task<bool> MoveIntoLakeAsync(TableInfo table, PartitionInfo partition)
    {
        var buckets = new List<BucketId>();
        await foreach (var bucket in records.ListAsync(Id, CancellationToken.None))
            if (bucket.Partition == partition.Id)
                buckets.Add(bucket);
        var lake = GrainFactory.GetGrain<ILakeControlGrain>(Id.Value);
        foreach (var some in buckets.Chunk(RefreshesAtOnce))
        {
            var ends = await Task.WhenAll(some.Select(bucket => GrainFactory.GetGrain<IBucketControlGrain>(bucket.ToString()).EndAsync()));
            for (var i = 0; i < some.Length; i++)
            {
                if (await lake.GetTieredAsync(some[i]) >= ends[i])
                    continue;
                if (table.Options.Lake == LakeMode.On)
                    await GrainFactory.GetGrain<ILakeGrain>(Id.Value).TierAsync();
                return false;
            }
        }

        await lake.ForgetAsync(partition.Id);
        return true;
    }

    private async Task<TableInfo> ReadTableAsync()
    {
        var table = await GrainFactory.GetGrain<ITableGrain>(Id.Value).GetAsync();
        return table.IsPartitioned ? table
            : throw new GridException(GridErrorCode.InvalidArgument, $"{table.Path} has no partitions; make a table that is partitioned by the columns you mean (grid table create --partition).");
    }

    private async Task<TablePartitions> KnownAsync() => _known ?? await ReadAsync();

    private async Task<TablePartitions> ReadAsync() =>
        Learn(await catalog.Partitions.ReadAsync(Id, CancellationToken.None) ?? throw CatalogStore.TableDropped(Id));

    /// <summary>Answers of the store may overtake each other; changes only rise.</summary>
    private TablePartitions Learn(TablePartitions state) => _known = _known is { } known && known.Change > state.Change ? known : state;
}
