using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Catalog;
using Grid.Storage.Lake.Tables;

namespace Grid.Grains.Tiering;

/// <summary>
/// The lake tables of a grid by the names of their tables, for engines that know only Iceberg. It keeps nothing: each answer is read from the catalog's store and the warehouse, so that every node gives the same, and the newest.
/// </summary>
public sealed class LakeCatalog
{
    private const int LooksAtOnce = 16;
    private readonly CatalogStore _catalog;
    private readonly LakeNode _lake;

    /// <summary>Made by the services.</summary>
    public LakeCatalog(CatalogStore catalog, LakeNode lake)
    {
        ArgumentNullException.ThrowIfNull(lake);
        _catalog = catalog;
        _lake = lake;
    }

    /// <summary>The warehouse as engines write it.</summary>
    public string Root => _lake.Store.Root;

    /// <summary>The databases, also those without any lake table.</summary>
    /// <param name="after">Those behind this name; null: from the first.</param>
    /// <param name="max">Most names, 1 or more; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<LakeNamePage> ListDatabasesAsync(string? after, int? max, CancellationToken cancellationToken)
    {
        ImmutableArray<string> names = [.. (await _catalog.ListDatabasesAsync(cancellationToken).ConfigureAwait(false)).Where(name => IsBehind(name, after))];
        return max is { } most && names.Length > most ? new LakeNamePage(names[..most], names[most - 1]) : new LakeNamePage(names, null);
    }

    /// <summary>Refuses where there is no such database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>, also of a name that none can have.</exception>
    public async Task RequireDatabaseAsync(string database, CancellationToken cancellationToken)
    {
        try
        {
            await _catalog.RequireDatabaseAsync(database, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.InvalidName)
        {
            throw new GridException(GridErrorCode.UnknownDatabase, $"There is no database '{database}': {refusal.Message}", refusal);
        }
    }

    /// <summary>The tables of a database that can be read now: those whose lake table was made. A listed table that does not load fails whole listings of some engines.</summary>
    /// <param name="database">The database.</param>
    /// <param name="after">Those behind this name; null: from the first.</param>
    /// <param name="max">Most names, 1 or more; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>.</exception>
    public async Task<LakeNamePage> ListTablesAsync(string database, string? after, int? max, CancellationToken cancellationToken)
    {
        await RequireDatabaseAsync(database, cancellationToken).ConfigureAwait(false);
        var lakes = (await _catalog.ListLakesAsync(cancellationToken).ConfigureAwait(false)).ToHashSet();
        var paths = (await _catalog.ListTablesAsync(database, cancellationToken).ConfigureAwait(false)).Where(path => IsBehind(path.Table, after));
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var some in paths.Chunk(LooksAtOnce))
        {
            var readable = await Task.WhenAll(some.Select(path => IsReadableAsync(path, lakes, cancellationToken))).ConfigureAwait(false);
            for (var i = 0; i < some.Length; i++)
            {
                if (names.Count == max)
                    return new LakeNamePage(names.DrainToImmutable(), some[i - 1].Table);
                if (readable[i])
                    names.Add(some[i].Table);
            }
        }

        return new LakeNamePage(names.DrainToImmutable(), null);
    }

    /// <summary>The newest metadata file of a table's lake table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>; <see cref="GridErrorCode.UnknownTable"/>: there is no such table, or it has no lake table (yet), with the reason;
    /// <see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.TooLarge"/>, <see cref="GridErrorCode.AlreadyExists"/>: what is there is not its metadata; <see cref="GridErrorCode.StorageFailed"/>.</exception>
    public async Task<LakeTableFile> ReadAsync(TablePath path, CancellationToken cancellationToken)
    {
        var table = await RequireTableAsync(path, cancellationToken).ConfigureAwait(false);
        if (table.Options.Lake == LakeMode.None)
            throw Unknown($"{path} has no lake, where other engines could read it. Give it one: grid table alter {path} --lake on.");

        LakeMetadataFile? file;
        try
        {
            file = await _lake.Open(table).ReadFileAsync(new LakeTableIdentity(table.Id, path), cancellationToken).ConfigureAwait(false);
        }
        catch (GridException)
        {
            await RequireStandingAsync(table, cancellationToken).ConfigureAwait(false);
            throw;
        }

        await RequireStandingAsync(table, cancellationToken).ConfigureAwait(false);
        if (file is null)
            throw Unknown(table.Options.Lake == LakeMode.Paused
                ? $"{path} has no lake table: its lake was paused before it had any rows. Switch it on: grid table alter {path} --lake on."
                : $"{path} has no lake table yet, it is made with the first rows. Wait {table.Options.LakeFreshnessMs} ms after they were written, its freshness, or have it tier now: grid lake flush {path}.");
        return new LakeTableFile(file.Location, $"{file.Metadata.TableUuid}-{file.Version}", file.Bytes);
    }

    /// <summary>Refuses where a table has no lake table, as <see cref="ReadAsync"/> does; what its metadata says is not looked at.</summary>
    /// <exception cref="GridException">As there.</exception>
    public async Task RequireReadableAsync(TablePath path, CancellationToken cancellationToken)
    {
        var table = await RequireTableAsync(path, cancellationToken).ConfigureAwait(false);
        if (table.Options.Lake == LakeMode.None || !await _lake.Open(table).ExistsAsync(cancellationToken).ConfigureAwait(false))
            throw Unknown($"{path} has no lake table.");
    }

    private static bool IsBehind(string name, string? after) => after is null || string.CompareOrdinal(name, after) > 0;

    private async Task<bool> IsReadableAsync(TablePath path, HashSet<TableId> lakes, CancellationToken cancellationToken) =>
        await _catalog.FindIdAsync(path, cancellationToken).ConfigureAwait(false) is { } id && lakes.Contains(id)
        && await _catalog.ReadTableAsync(id, cancellationToken).ConfigureAwait(false) is { Options.Lake: not LakeMode.None } table
        && await _lake.Open(table).ExistsAsync(cancellationToken).ConfigureAwait(false);

    private async Task<TableInfo> RequireTableAsync(TablePath path, CancellationToken cancellationToken)
    {
        await RequireDatabaseAsync(path.Database, cancellationToken).ConfigureAwait(false);
        try
        {
            return await _catalog.FindTableAsync(path, cancellationToken).ConfigureAwait(false) ?? throw Unknown($"There is no table {path}.");
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.InvalidName)
        {
            throw Unknown($"There is no table {path}: {refusal.Message}");
        }
    }

    /// <summary>
    /// A table is marked dropped before its lake table is deleted. So where it still stands after the metadata was read, nothing was deleted until then: it is whole, and of all versions the newest.
    /// </summary>
    private async Task RequireStandingAsync(TableInfo table, CancellationToken cancellationToken)
    {
        if (await _catalog.ReadTableAsync(table.Id, cancellationToken).ConfigureAwait(false) is null)
            throw Unknown($"{table.Path} was dropped a moment ago.");
    }

    private static GridException Unknown(string message) => new(GridErrorCode.UnknownTable, message);
}
