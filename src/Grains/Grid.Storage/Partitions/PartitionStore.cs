using System.Collections.Immutable;
using System.Globalization;
using Grid.Abstractions;
using Grid.Storage.Catalog;
using Grid.Storage.Objects;

namespace Grid.Storage.Partitions;

/// <summary>
/// The partitions of tables, one object a table, changed only by compare-and-swap: any number of processes may work on it at once. Thread safe.
/// <para>
/// The object is made with the table and only ever replaced afterwards, so that nobody makes partitions of a table that is gone. Drop: the partition moves from one list to the other, the point from which it is
/// dropped; then its buckets' files go; then it leaves the other list. A crash in between leaves it there, and whoever looks after the table goes on. Ids are never given again.
/// </para>
/// </summary>
public sealed class PartitionStore(IObjectStore objects, TimeProvider time)
{
    private const int RetriesMax = CatalogIds.RetriesMax;

    /// <summary>The partitions of a table; null: it has none, or none any more.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: the store does not answer, or the object is damaged.</exception>
    public async Task<TablePartitions?> ReadAsync(TableId table, CancellationToken cancellationToken) =>
        (await ReadRecordAsync(table, cancellationToken).ConfigureAwait(false))?.State;

    /// <summary>The tables that have partitions, and the tags of what is stored; nothing is read.</summary>
    public async Task<ImmutableArray<(TableId Table, ObjectTag Tag)>> ListTablesAsync(CancellationToken cancellationToken)
    {
        var tables = ImmutableArray.CreateBuilder<(TableId, ObjectTag)>();
        await foreach (var entry in objects.ListAsync(CatalogNames.PartitionLists, cancellationToken).ConfigureAwait(false))
            if (int.TryParse(CatalogNames.StemOf(entry.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                tables.Add((new TableId(id), entry.Tag));
        return tables.DrainToImmutable();
    }

    /// <summary>Makes a partition where there is none of those values.</summary>
    /// <param name="table">The table.</param>
    /// <param name="values">The values in their one text form.</param>
    /// <param name="cancellationToken">Gives up; the outcome is then unknown.</param>
    /// <returns>The partition, whether this call made it, and all of them.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>; <see cref="GridErrorCode.TooLarge"/>: as many as the table may have.</exception>
    public async Task<(PartitionInfo Partition, bool Created, TablePartitions State)> AddAsync(TableInfo table, ImmutableArray<string> values, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(table);
        PartitionInfo? added = null;
        var state = await ChangeAsync(table.Id, present =>
        {
            added = null;
            if (present.Find(values) is not null)
                return present;
            var most = table.Options.Partitions.CountMax;
            if (present.Partitions.Length >= most)
                throw new GridException(GridErrorCode.TooLarge,
                    $"{table.Path} has {present.Partitions.Length} partitions and may have {most}, so {PartitionValues.ToText(table.Schema, values)} cannot be made. "
                    + $"Drop some, keep fewer (--partition-keep), partition by fewer values, or raise the limit (--partition-max, at most {PartitionOptions.CountLimit}).");
            added = new PartitionInfo { Id = new PartitionId(present.NextId), Values = values, CreatedMs = time.GetUtcNow().ToUnixTimeMilliseconds() };
            return present.With(added);
        }, cancellationToken).ConfigureAwait(false);
        return (added ?? state.Find(values)!, added is not null, state);
    }

    /// <summary>Marks a partition dropped, the point from which it is; null where there is none of those values.</summary>
    public async Task<(PartitionInfo? Dropped, TablePartitions State)> MarkDroppedAsync(TableId table, ImmutableArray<string> values, CancellationToken cancellationToken)
    {
        PartitionInfo? dropped = null;
        var state = await ChangeAsync(table, present => (dropped = present.Find(values)) is { } found ? present.WithDropped(found) : present, cancellationToken).ConfigureAwait(false);
        return (dropped, state);
    }

    /// <summary>The last step of a drop, once the buckets' files are gone.</summary>
    public Task<TablePartitions> FinishDropAsync(TableId table, PartitionInfo dropped, CancellationToken cancellationToken) =>
        ChangeAsync(table, present => present.Dropping.Contains(dropped) ? present.WithFinished(dropped) : present, cancellationToken);

    /// <summary>Makes the object of a new table.</summary>
    internal Task CreateAsync(TableId table, CancellationToken cancellationToken) =>
        objects.TryCreateAsync(CatalogNames.Partitions(table), Write(table, new TablePartitions(change: 1, nextId: 1, [], [])), cancellationToken);

    /// <summary>Deletes the object of a table that is gone.</summary>
    internal Task DeleteAsync(TableId table, CancellationToken cancellationToken) => objects.DeleteAsync(CatalogNames.Partitions(table), cancellationToken);

    private async Task<TablePartitions> ChangeAsync(TableId table, Func<TablePartitions, TablePartitions> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < RetriesMax; attempt++)
        {
            if (await ReadRecordAsync(table, cancellationToken).ConfigureAwait(false) is not { } record)
                throw CatalogStore.TableDropped(table);
            var next = change(record.State);
            if (ReferenceEquals(next, record.State)
                || await objects.TryReplaceAsync(CatalogNames.Partitions(table), Write(table, next), record.Tag, cancellationToken).ConfigureAwait(false) is not null)
                return next;
        }

        throw CatalogIds.TooContended(CatalogNames.Partitions(table));
    }

    private async Task<(TablePartitions State, ObjectTag Tag)?> ReadRecordAsync(TableId table, CancellationToken cancellationToken)
    {
        var name = CatalogNames.Partitions(table);
        if (await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false) is not { } content)
            return null;
        var document = CatalogJson.Read(name, content, CatalogJson.Default.PartitionsDocument, d => d.Format);
        if (document.Table != table.Value || document.Change < 1 || document.NextPartition < 1)
            throw CatalogJson.Damaged(name, $"it is of table {document.Table}, with change {document.Change} and next partition {document.NextPartition}");
        var ids = new HashSet<long>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var partitions = FromDocuments(name, document, document.Partitions, ids);
        foreach (var partition in partitions)
            if (!keys.Add(TablePartitions.KeyOf(partition.Values)))
                throw CatalogJson.Damaged(name, $"partition {partition.Id} has the values of another one");
        return (new TablePartitions(document.Change, document.NextPartition, partitions, FromDocuments(name, document, document.Dropping ?? [], ids)), content.Tag);
    }

    private static ImmutableArray<PartitionInfo> FromDocuments(string name, PartitionsDocument document, PartitionDocument[] partitions, HashSet<long> ids)
    {
        var read = ImmutableArray.CreateBuilder<PartitionInfo>(partitions.Length);
        foreach (var partition in partitions)
        {
            if (partition.Id < 1 || partition.Id >= document.NextPartition || !ids.Add(partition.Id))
                throw CatalogJson.Damaged(name, $"partition id {partition.Id} is out of range or given twice");
            if (partition.Values.Length is < 1 or > PartitionValues.ColumnsMax || partition.Values.Length != document.Partitions.Concat(document.Dropping ?? []).First().Values.Length
                || System.Array.Exists(partition.Values, value => value is null || value.Length > PartitionInfo.ValueLengthMax))
                throw CatalogJson.Damaged(name, $"partition {partition.Id} has values that no partition of one table can have beside the others");
            read.Add(new PartitionInfo { Id = new PartitionId(partition.Id), Values = [.. partition.Values], CreatedMs = partition.CreatedMs });
        }

        return read.MoveToImmutable();
    }

    private static byte[] Write(TableId table, TablePartitions state) => CatalogJson.Write(
        new PartitionsDocument
        {
            Format = TableDocuments.Format,
            Table = table.Value,
            Change = state.Change,
            NextPartition = state.NextId,
            Partitions = [.. state.Partitions.Select(ToDocument)],
            Dropping = state.Dropping.IsEmpty ? null : [.. state.Dropping.Select(ToDocument)],
        },
        CatalogJson.Default.PartitionsDocument);

    private static PartitionDocument ToDocument(PartitionInfo partition) => new() { Id = partition.Id.Value, Values = [.. partition.Values], CreatedMs = partition.CreatedMs };
}
