using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Grains.Partitions;
using Grid.Grains.Tiering;
using Grid.Storage.Catalog;
using Grid.Storage.Replication;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Grid.Grains.Catalog;

/// <summary>
/// The catalog's grain. What it keeps in memory are names it saw and a block of writer ids; the truth is in the store and changes there by
/// compare-and-swap. So it is reentrant: calls that wait for the store do not hold each other up.
/// </summary>
[Reentrant]
public sealed partial class CatalogGrain(CatalogStore catalog, BucketRecordStore records, ILogger<CatalogGrain> logger) : Grain, ICatalogGrain
{
    private const int WriterBlock = 1000;
    private const int NamesMax = 100_000;
    private const int RefreshesAtOnce = 32;
    private static readonly TimeSpan RepairInterval = TimeSpan.FromMinutes(1);
    private readonly Dictionary<TablePath, TableId> _names = [];
    private readonly HashSet<TableId> _dropping = [];
    private Task<long>? _writerBlock;
    private int _writersGiven;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(RepairAsync, new GrainTimerCreationOptions { DueTime = TimeSpan.Zero, Period = RepairInterval, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task CreateDatabaseAsync(string name, bool ifNotExists)
    {
        if (!await catalog.TryCreateDatabaseAsync(name, CancellationToken.None) && !ifNotExists)
            throw new GridException(GridErrorCode.AlreadyExists, $"There is a database '{name}' already; choose another name, or allow the existing one.");
    }

    /// <inheritdoc/>
    public Task DropDatabaseAsync(string name) => catalog.DropDatabaseAsync(name, CancellationToken.None);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> ListDatabasesAsync() => catalog.ListDatabasesAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async Task<TableInfo> CreateTableAsync(CreateTable request)
    {
        var (table, created) = await catalog.CreateTableAsync(request, CancellationToken.None);
        Remember(table.Path, table.Id);
        if (created && table.Options.Partitions.Unit != PartitionUnit.None)
            await MakePartitionsAsync(table);
        return table;
    }

    /// <inheritdoc/>
    public async Task<TableInfo> GetTableAsync(TablePath path)
    {
        // A remembered name may be that of a table dropped elsewhere: then the store is asked.
        if (_names.TryGetValue(path, out var known) && await TryGetAsync(known) is { } table)
            return table;
        _names.Remove(path);
        var id = await catalog.FindIdAsync(path, CancellationToken.None);
        if (id is not null && await TryGetAsync(id.Value) is { } found)
        {
            Remember(path, found.Id);
            return found;
        }

        throw await UnknownAsync(path);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<TablePath>> ListTablesAsync(string? database)
    {
        if (database is not null)
            return await catalog.ListTablesAsync(database, CancellationToken.None);
        var all = ImmutableArray.CreateBuilder<TablePath>();
        foreach (var name in await catalog.ListDatabasesAsync(CancellationToken.None))
        {
            try
            {
                all.AddRange(await catalog.ListTablesAsync(name, CancellationToken.None));
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.UnknownDatabase)
            {
                // Dropped since the databases were listed.
            }
        }

        return all.DrainToImmutable();
    }

    /// <inheritdoc/>
    public async Task DropTableAsync(TablePath path)
    {
        _names.Remove(path);
        var id = await catalog.FindIdAsync(path, CancellationToken.None) ?? throw await UnknownAsync(path);
        if (!_dropping.Add(id))
            throw new GridException(GridErrorCode.Busy, $"{path} is being dropped by another call; try again to see the outcome.");
        try
        {
            var dropped = await GrainFactory.GetGrain<ITableControlGrain>(id.Value).DropAsync() is not null;
            await FinishDropAsync(id);
            if (!dropped)
                throw await UnknownAsync(path);
        }
        finally
        {
            _dropping.Remove(id);
        }
    }

    /// <inheritdoc/>
    public async Task<WriterId> AllocateWriterAsync()
    {
        // Calls that meet at the end of a block wait for the same next one.
        while (true)
        {
            var block = _writerBlock ??= catalog.AllocateWritersAsync(WriterBlock, CancellationToken.None);
            try
            {
                var first = await block;
                if (ReferenceEquals(block, _writerBlock) && _writersGiven < WriterBlock)
                    return new WriterId(first + _writersGiven++);
            }
            catch (GridException)
            {
                Forget(block);
                throw;
            }

            Forget(block);
        }
    }

    private void Forget(Task<long> block)
    {
        if (ReferenceEquals(block, _writerBlock))
            (_writerBlock, _writersGiven) = (null, 0);
    }

    /// <summary>
    /// The steps after a table was marked dropped; each may be done again. The table is gone for everybody by then, so a bucket that cannot delete
    /// its files now does not fail the call: the marker stays, and the next repair goes on.
    /// </summary>
    private async Task FinishDropAsync(TableId id)
    {
        if (await catalog.ContinueDropAsync(id, CancellationToken.None) is not { } table)
            return;
        try
        {
            // The table's grain may still remember the table from before a catalog that died marked it; the buckets ask that grain.
            await GrainFactory.GetGrain<ITableControlGrain>(id.Value).DropAsync();
            foreach (var some in (await ListBucketsAsync(table)).Chunk(RefreshesAtOnce))
                await Task.WhenAll(some.Select(bucket => GrainFactory.GetGrain<IBucketGrain>(bucket.ToString()).RefreshAsync()));

            if (await catalog.HasLakeAsync(id, CancellationToken.None))
                await GrainFactory.GetGrain<ILakeControlGrain>(id.Value).DropAsync(table);
            await catalog.FinishDropAsync(id, CancellationToken.None);
        }
        catch (Exception failure) when (failure is GridException or OrleansException or TimeoutException)
        {
            LogDropNotFinished(failure, id);
        }
    }

    /// <summary>The buckets that may have files. Of a table with partitions those that have a record: there may be a great many that were never used. One that is opened in this very moment finds the drop by itself.</summary>
    private async Task<IReadOnlyList<BucketId>> ListBucketsAsync(TableInfo table)
    {
        if (!table.IsPartitioned)
            return [.. Enumerable.Range(0, table.Options.Buckets).Select(table.Bucket)];
        var buckets = new List<BucketId>();
        await foreach (var bucket in records.ListAsync(table.Id, CancellationToken.None))
            buckets.Add(bucket);
        return buckets;
    }

    /// <summary>The first automatic partitions are there when the table is. Where that fails, the keeper of partitions makes them a moment later.</summary>
    private async Task MakePartitionsAsync(TableInfo table)
    {
        try
        {
            await GrainFactory.GetGrain<IPartitionControlGrain>(table.Id.Value).KeepAsync();
        }
        catch (Exception failure) when (failure is GridException or OrleansException or TimeoutException)
        {
            LogNoPartitions(failure, table.Path);
        }
    }

    /// <summary>Finishes drops that a catalog which died, or a bucket that failed, left undone.</summary>
    private async Task RepairAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var id in await catalog.ListDropsAsync(cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!_dropping.Add(id))
                    continue;
                try
                {
                    await FinishDropAsync(id);
                }
                finally
                {
                    _dropping.Remove(id);
                }
            }
        }
        catch (GridException failure)
        {
            LogRepairFailed(failure); // the store; the next round tries again
        }
    }

    private async Task<TableInfo?> TryGetAsync(TableId id)
    {
        try
        {
            return await GrainFactory.GetGrain<ITableGrain>(id.Value).GetAsync();
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.TableDropped)
        {
            return null;
        }
    }

    private void Remember(TablePath path, TableId id)
    {
        if (_names.Count >= NamesMax)
            _names.Clear();
        _names[path] = id;
    }

    private async Task<GridException> UnknownAsync(TablePath path)
    {
        await catalog.RequireDatabaseAsync(path.Database, CancellationToken.None);
        return new GridException(GridErrorCode.UnknownTable, $"There is no table {path}; create it first, or list the tables of '{path.Database}'.");
    }
}
