using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Catalog;

namespace Grid.Grains.Catalog;

/// <summary>
/// A table's grain: the table as read at first need; changes go through the store's compare-and-swap, so that a second activation elsewhere can
/// never lose one, only answer an older version for a while.
/// </summary>
public sealed class TableGrain(CatalogStore catalog) : Grain, ITableGrain, ITableControlGrain
{
    private TableInfo? _table;

    /// <inheritdoc/>
    public async Task<TableInfo> GetAsync() =>
        _table ??= await catalog.ReadTableAsync(Id(), CancellationToken.None) ?? throw CatalogStore.TableDropped(Id());

    /// <inheritdoc/>
    public Task<TableInfo> AlterAsync(ImmutableArray<SchemaChange> changes, SchemaVersion? expected)
    {
        if (changes.IsDefaultOrEmpty)
            throw new GridException(GridErrorCode.InvalidArgument, "No change was given; give one or more.");
        return ChangeAsync(table =>
        {
            if (expected is { } version && version != table.Schema.Version)
                throw new GridException(GridErrorCode.VersionConflict,
                    $"{table.Path} has schema version {table.Schema.Version}, not {version}; read it again and decide.")
                { Detail = table.Schema.Version.Value };
            if (table.Schemas.Length == ushort.MaxValue)
                throw new GridException(GridErrorCode.InvalidSchema, $"{table.Path} has had {ushort.MaxValue} schema versions, the most there may be; make a new table.");
            return table with { Schemas = table.Schemas.Add(SchemaEvolution.Apply(table.Schema, changes)) };
        });
    }

    /// <inheritdoc/>
    public async Task<TableInfo> SetOptionsAsync(TableOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Lake != LakeMode.None)
            await catalog.MarkLakeAsync((await GetAsync()).Id, CancellationToken.None);
        return await ChangeAsync(table =>
        {
            TableOptionsRules.RequireReplaceable(table.Options, options);
            TableOptionsRules.RequireFitting(table.Path, table.Schema, options);
            return table with { Options = options };
        });
    }

    /// <inheritdoc/>
    public async Task<TableInfo?> DropAsync()
    {
        _table = null;
        return await catalog.MarkDroppedAsync(Id(), CancellationToken.None);
    }

    private async Task<TableInfo> ChangeAsync(Func<TableInfo, TableInfo> change)
    {
        // After an unknown outcome the next call reads. Open buckets look when they meet a newer schema, and once per retention round.
        _table = null;
        return _table = await catalog.ChangeTableAsync(Id(), change, CancellationToken.None);
    }

    private TableId Id() => new(checked((int)this.GetPrimaryKeyLong()));
}
