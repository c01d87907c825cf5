using System.Collections.Immutable;
using System.Globalization;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Storage.Partitions;

namespace Grid.Storage.Catalog;

/// <summary>
/// Databases, tables, names and ids as objects of a store, changed only by compare-and-swap: any number of processes may work on it at once.
/// <para>
/// Create: the table's object first, invisible, then its name, exclusively. A crash between leaves an object that nothing points at. Drop: a
/// marker, then the table is marked dropped (from here on it is), then its name goes, then its buckets' files, then the table's object, then the
/// marker. A crash anywhere leaves the marker, and <see cref="ListDropsAsync"/> finds it; a name that still points at a dropped table counts as free.
/// </para>
/// </summary>
public sealed class CatalogStore(IObjectStore objects, TimeProvider time)
{
    private const int RetriesMax = CatalogIds.RetriesMax;
    private readonly CatalogIds _ids = new(objects);

    /// <summary>The partitions of tables that have some.</summary>
    public PartitionStore Partitions { get; } = new(objects, time);

    /// <summary>Makes a database; false where it exists.</summary>
    public async Task<bool> TryCreateDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        TablePath.RequireName(name, "database");
        var document = new DatabaseDocument { Format = TableDocuments.Format, Name = name, CreatedMs = NowMs() };
        return await objects.TryCreateAsync(CatalogNames.Database(name), CatalogJson.Write(document, CatalogJson.Default.DatabaseDocument), cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>Drops an empty database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.NotEmpty"/>.</exception>
    public async Task DropDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        await RequireDatabaseAsync(name, cancellationToken).ConfigureAwait(false);
        await RequireEmptyAsync(name, cancellationToken).ConfigureAwait(false);
        if (!await objects.DeleteAsync(CatalogNames.Database(name), cancellationToken).ConfigureAwait(false))
            throw UnknownDatabase(name);

        // Whoever makes a table writes its name, then looks for the database; here it is the other way round. One of the two sees the other.
        try
        {
            await RequireEmptyAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.NotEmpty)
        {
            await TryCreateDatabaseAsync(name, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The databases' names, sorted.</summary>
    public async Task<ImmutableArray<string>> ListDatabasesAsync(CancellationToken cancellationToken)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        await foreach (var entry in objects.ListAsync(CatalogNames.Databases, cancellationToken).ConfigureAwait(false))
            names.Add(CatalogNames.StemOf(entry.Name));
        names.Sort(StringComparer.Ordinal);
        return names.DrainToImmutable();
    }

    /// <summary>Refuses where there is no such database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public async Task RequireDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        TablePath.RequireName(name, "database");
        if (await objects.ReadAsync(CatalogNames.Database(name), cancellationToken).ConfigureAwait(false) is null)
            throw UnknownDatabase(name);
    }

    /// <summary>The names of a database's tables, sorted; names alone are read, so that ten thousand are quick.</summary>
    public async Task<ImmutableArray<TablePath>> ListTablesAsync(string database, CancellationToken cancellationToken)
    {
        await RequireDatabaseAsync(database, cancellationToken).ConfigureAwait(false);
        var tables = ImmutableArray.CreateBuilder<TablePath>();
        await foreach (var entry in objects.ListAsync(CatalogNames.TablesOf(database), cancellationToken).ConfigureAwait(false))
            tables.Add(new TablePath(database, CatalogNames.StemOf(entry.Name)));
        tables.Sort((left, right) => string.CompareOrdinal(left.Table, right.Table));
        return tables.DrainToImmutable();
    }

    /// <summary>Makes a table.</summary>
    /// <returns>The table, and whether this call made it: the existing one where the request allows that.</returns>
    /// <exception cref="GridException">See <see cref="ICatalogGrain.CreateTableAsync"/>.</exception>
    public async Task<(TableInfo Table, bool Created)> CreateTableAsync(CreateTable request, CancellationToken cancellationToken)
    {
        // 1. Everything that can be refused without writing.
        ArgumentNullException.ThrowIfNull(request);
        TablePath.RequireName(request.Path.Table, "table");
        TableOptionsRules.Require(request.Options);
        var schema = SchemaEvolution.Create(request);
        TableOptionsRules.RequireFitting(request.Path, schema, request.Options);
        await RequireDatabaseAsync(request.Path.Database, cancellationToken).ConfigureAwait(false);
        if (await FindTableAsync(request.Path, cancellationToken).ConfigureAwait(false) is { } existing)
            return Existing(existing, request);

        // 2. The table, which nothing points at yet.
        var table = await CreateTableObjectAsync(request, schema, cancellationToken).ConfigureAwait(false);

        if (request.Options.Lake != LakeMode.None)
            await MarkLakeAsync(table.Id, cancellationToken).ConfigureAwait(false);

        // 3. Its name, exclusively: from here on the table exists. A name that points at a dropped table is taken over.
        try
        {
            var winner = await ClaimNameAsync(table, cancellationToken).ConfigureAwait(false);
            if (winner is not null)
            {
                await DeleteObjectsAsync(table.Id, CancellationToken.None).ConfigureAwait(false);
                return Existing(winner, request);
            }

            // 4. See DropDatabaseAsync.
            await RequireDatabaseAsync(request.Path.Database, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.UnknownDatabase)
        {
            await ReleaseNameAsync(table, CancellationToken.None).ConfigureAwait(false);
            await DeleteObjectsAsync(table.Id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        return (table, true);
    }

    /// <summary>The id that a name stands for; null where there is none. It may be that of a table dropped a moment ago.</summary>
    public async Task<TableId?> FindIdAsync(TablePath path, CancellationToken cancellationToken) =>
        (await ReadNameAsync(path, cancellationToken).ConfigureAwait(false))?.Id;

    /// <summary>The table of that name, read from the store; null where there is none.</summary>
    public async Task<TableInfo?> FindTableAsync(TablePath path, CancellationToken cancellationToken)
    {
        var id = await FindIdAsync(path, cancellationToken).ConfigureAwait(false);
        return id is null ? null : await ReadTableAsync(id.Value, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The table of that id, read from the store; null where there is none, or none any more.</summary>
    public async Task<TableInfo?> ReadTableAsync(TableId id, CancellationToken cancellationToken)
    {
        var record = await ReadRecordAsync(id, cancellationToken).ConfigureAwait(false);
        return record is { Dropped: false } ? record.Table : null;
    }

    /// <summary>Whether a table of that id was made and is gone altogether. An id that was never given is not taken for a dropped table: another catalog may have given it.</summary>
    public async Task<bool> IsGoneAsync(TableId id, CancellationToken cancellationToken) =>
        await ReadRecordAsync(id, cancellationToken).ConfigureAwait(false) is null && await _ids.IsGivenAsync(id, cancellationToken).ConfigureAwait(false);

    /// <summary>Whether the bucket's table or its partition was made and is gone altogether; as <see cref="IsGoneAsync(TableId, CancellationToken)"/>.</summary>
    public async Task<bool> IsGoneAsync(BucketId bucket, CancellationToken cancellationToken) =>
        bucket.Partition.Value != 0 && await Partitions.ReadAsync(bucket.Table, cancellationToken).ConfigureAwait(false) is { } partitions
            ? partitions.IsGone(bucket.Partition)
            : await IsGoneAsync(bucket.Table, cancellationToken).ConfigureAwait(false);

    /// <summary>Changes a table: <paramref name="change"/> gets the present one, the answer replaces it, again from the start where somebody else was quicker.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>, <see cref="GridErrorCode.TooLarge"/>, and what <paramref name="change"/> throws.</exception>
    public async Task<TableInfo> ChangeTableAsync(TableId id, Func<TableInfo, TableInfo> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        for (var attempt = 0; attempt < RetriesMax; attempt++)
        {
            var record = await ReadRecordAsync(id, cancellationToken).ConfigureAwait(false);
            if (record is null or { Dropped: true })
                throw TableDropped(id);
            var next = change(record.Table);
            if (ReferenceEquals(next, record.Table) || await TryReplaceAsync(record, next, dropped: false, cancellationToken).ConfigureAwait(false))
                return next;
        }

        throw CatalogIds.TooContended(CatalogNames.Table(id));
    }

    /// <summary>Marks a table dropped, the point from which it is, and answers what it was; null where that had happened before.</summary>
    public async Task<TableInfo?> MarkDroppedAsync(TableId id, CancellationToken cancellationToken)
    {
        await objects.TryCreateAsync(CatalogNames.Drop(id),
            CatalogJson.Write(new DropDocument { Format = TableDocuments.Format, Id = id.Value }, CatalogJson.Default.DropDocument), cancellationToken).ConfigureAwait(false);
        for (var attempt = 0; attempt < RetriesMax; attempt++)
        {
            var record = await ReadRecordAsync(id, cancellationToken).ConfigureAwait(false);
            if (record is null or { Dropped: true })
                return null;
            if (await TryReplaceAsync(record, record.Table, dropped: true, cancellationToken).ConfigureAwait(false))
                return record.Table;
        }

        throw CatalogIds.TooContended(CatalogNames.Table(id));
    }

    /// <summary>Drops that were begun and not finished.</summary>
    public async Task<ImmutableArray<TableId>> ListDropsAsync(CancellationToken cancellationToken)
    {
        var ids = ImmutableArray.CreateBuilder<TableId>();
        await foreach (var entry in objects.ListAsync(CatalogNames.Drops, cancellationToken).ConfigureAwait(false))
            if (int.TryParse(CatalogNames.StemOf(entry.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                ids.Add(new TableId(id));
        return ids.DrainToImmutable();
    }

    /// <summary>A table that is marked dropped, whose buckets' files are to be deleted. Null: nothing is left of it, or it was never marked;
    /// either way the marker is gone then.</summary>
    public async Task<TableInfo?> ContinueDropAsync(TableId id, CancellationToken cancellationToken)
    {
        var record = await ReadRecordAsync(id, cancellationToken).ConfigureAwait(false);
        if (record is { Dropped: true })
        {
            await ReleaseNameAsync(record.Table, cancellationToken).ConfigureAwait(false);
            return record.Table;
        }

        await objects.DeleteAsync(CatalogNames.Drop(id), cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>The last steps of a drop, once the buckets' files are gone.</summary>
    public async Task FinishDropAsync(TableId id, CancellationToken cancellationToken)
    {
        await DeleteObjectsAsync(id, cancellationToken).ConfigureAwait(false);
        await objects.DeleteAsync(CatalogNames.Drop(id), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes that a table may have a lake table. To be done before the table says so; it stays noted until <see cref="ForgetLakeAsync"/>.</summary>
    public async Task MarkLakeAsync(TableId id, CancellationToken cancellationToken) =>
        await objects.TryCreateAsync(CatalogNames.Lake(id),
            CatalogJson.Write(new LakeDocument { Format = TableDocuments.Format, Id = id.Value }, CatalogJson.Default.LakeDocument), cancellationToken).ConfigureAwait(false);

    /// <summary>Whether a table may have a lake table.</summary>
    public async Task<bool> HasLakeAsync(TableId id, CancellationToken cancellationToken) =>
        await objects.FindAsync(CatalogNames.Lake(id), cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>The tables that may have a lake table; of some, nothing is left.</summary>
    public async Task<ImmutableArray<TableId>> ListLakesAsync(CancellationToken cancellationToken)
    {
        var ids = ImmutableArray.CreateBuilder<TableId>();
        await foreach (var entry in objects.ListAsync(CatalogNames.Lakes, cancellationToken).ConfigureAwait(false))
            if (int.TryParse(CatalogNames.StemOf(entry.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                ids.Add(new TableId(id));
        return ids.DrainToImmutable();
    }

    /// <summary>The table and its lake table are gone.</summary>
    public Task ForgetLakeAsync(TableId id, CancellationToken cancellationToken) => objects.DeleteAsync(CatalogNames.Lake(id), cancellationToken);

    /// <summary>Takes a block of writer ids that nobody else gets.</summary>
    /// <returns>The first of <paramref name="count"/> ids.</returns>
    public Task<long> AllocateWritersAsync(int count, CancellationToken cancellationToken) => _ids.TakeWritersAsync(count, cancellationToken);

    /// <summary>The refusal of a table that is gone.</summary>
    public static GridException TableDropped(TableId id) =>
        new(GridErrorCode.TableDropped, $"Table {id} was dropped, or never was. Ask for the table by its name.");

    private static (TableInfo Table, bool Created) Existing(TableInfo existing, CreateTable request) => request.IfNotExists
        ? (existing, false)
        : throw new GridException(GridErrorCode.AlreadyExists, $"There is a table {existing.Path} already; drop it, choose another name, or allow the existing one.");

    /// <summary>The partitions first: what is left after a crash in between is found by the table's own object.</summary>
    private async Task DeleteObjectsAsync(TableId id, CancellationToken cancellationToken)
    {
        await Partitions.DeleteAsync(id, cancellationToken).ConfigureAwait(false);
        await objects.DeleteAsync(CatalogNames.Table(id), cancellationToken).ConfigureAwait(false);
    }

    private async Task<TableInfo> CreateTableObjectAsync(CreateTable request, TableSchema schema, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < RetriesMax; attempt++)
        {
            var id = await _ids.TakeTableAsync(cancellationToken).ConfigureAwait(false);
            var table = new TableInfo
            {
                Path = request.Path,
                Id = id,
                Schemas = [schema],
                Options = request.Options,
                CreatedMs = NowMs(),
            };
            if (await objects.TryCreateAsync(CatalogNames.Table(table.Id), WriteTable(table, dropped: false), cancellationToken).ConfigureAwait(false) is not null)
            {
                if (table.IsPartitioned)
                    await Partitions.CreateAsync(table.Id, cancellationToken).ConfigureAwait(false);
                return table;
            }

            // The id is taken: ids.json was put back to an older state. Ids rise past what exists.
        }

        throw CatalogIds.TooContended(CatalogNames.Ids);
    }

    /// <summary>Null where the table got its name; else the table that has it.</summary>
    private async Task<TableInfo?> ClaimNameAsync(TableInfo table, CancellationToken cancellationToken)
    {
        var name = CatalogNames.Name(table.Path);
        var content = CatalogJson.Write(new NameDocument { Format = TableDocuments.Format, Id = table.Id.Value }, CatalogJson.Default.NameDocument);
        for (var attempt = 0; attempt < RetriesMax; attempt++)
        {
            var present = await ReadNameAsync(table.Path, cancellationToken).ConfigureAwait(false);
            if (present is null)
            {
                if (await objects.TryCreateAsync(name, content, cancellationToken).ConfigureAwait(false) is not null)
                    return null;
                continue;
            }

            if (await ReadTableAsync(present.Value.Id, cancellationToken).ConfigureAwait(false) is { } winner)
                return winner;
            if (await objects.TryReplaceAsync(name, content, present.Value.Tag, cancellationToken).ConfigureAwait(false) is not null)
                return null;
        }

        throw CatalogIds.TooContended(name);
    }

    private async Task ReleaseNameAsync(TableInfo table, CancellationToken cancellationToken)
    {
        var present = await ReadNameAsync(table.Path, cancellationToken).ConfigureAwait(false);
        if (present is { } name && name.Id == table.Id)
            await objects.TryDeleteAsync(CatalogNames.Name(table.Path), name.Tag, cancellationToken).ConfigureAwait(false);
    }

    private async Task RequireEmptyAsync(string database, CancellationToken cancellationToken)
    {
        await foreach (var entry in objects.ListAsync(CatalogNames.TablesOf(database), cancellationToken).ConfigureAwait(false))
        {
            var path = new TablePath(database, CatalogNames.StemOf(entry.Name));
            if (await FindTableAsync(path, cancellationToken).ConfigureAwait(false) is not null)
                throw new GridException(GridErrorCode.NotEmpty, $"Database '{database}' still has tables, {path} for one; drop them first.");
        }
    }

    private async Task<(TableId Id, ObjectTag Tag)?> ReadNameAsync(TablePath path, CancellationToken cancellationToken)
    {
        TablePath.RequireName(path.Database, "database");
        TablePath.RequireName(path.Table, "table");
        var name = CatalogNames.Name(path);
        var content = await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (content is null)
            return null;
        var document = CatalogJson.Read(name, content, CatalogJson.Default.NameDocument, d => d.Format);
        return document.Id > 0 ? (new TableId(document.Id), content.Tag) : throw CatalogJson.Damaged(name, $"the id is {document.Id}");
    }

    private async Task<TableRecord?> ReadRecordAsync(TableId id, CancellationToken cancellationToken)
    {
        var name = CatalogNames.Table(id);
        var content = await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (content is null)
            return null;
        var document = CatalogJson.Read(name, content, CatalogJson.Default.TableDocument, d => d.Format);
        try
        {
            var table = TableDocuments.FromDocument(document);
            return table.Id == id ? new TableRecord(table, document.Dropped, content.Tag) : throw CatalogJson.Damaged(name, $"it is of table {table.Id}");
        }
        catch (Exception exception) when (exception is FormatException or GridException { Code: not GridErrorCode.StorageFailed })
        {
            throw CatalogJson.Damaged(name, exception.Message);
        }
    }

    private async Task<bool> TryReplaceAsync(TableRecord record, TableInfo next, bool dropped, CancellationToken cancellationToken) =>
        await objects.TryReplaceAsync(CatalogNames.Table(next.Id), WriteTable(next, dropped), record.Tag, cancellationToken).ConfigureAwait(false) is not null;

    private static byte[] WriteTable(TableInfo table, bool dropped) => CatalogJson.Write(TableDocuments.ToDocument(table, dropped), CatalogJson.Default.TableDocument);

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static GridException UnknownDatabase(string name) =>
        new(GridErrorCode.UnknownDatabase, $"There is no database '{name}'; create it first.");

    private sealed record TableRecord(TableInfo Table, bool Dropped, ObjectTag Tag);
}
