using System.Collections.Concurrent;
using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Partitions;

/// <summary>
/// The partitions of a table as this process knows them, by the encoded values of the partition columns. What is not known is asked for; what turns out to be dropped is forgotten, and asked for anew. Thread safe.
/// </summary>
internal sealed class PartitionCache(TableHandle table)
{
    private readonly ConcurrentDictionary<byte[], TableHandle> _byKey = new(KeyBytes.Comparer);
    private readonly ConcurrentDictionary<PartitionId, TableHandle> _byId = new();

    /// <summary>Encodes the values of partition columns.</summary>
    public KeyEncoder Encoder { get; } = new(table.Info.Schema, table.Info.Schema.PartitionKey);

    /// <summary>The partition of those values; null: it is not known here.</summary>
    public TableHandle? Find(ReadOnlySpan<byte> key) =>
        _byKey.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var partition) ? partition : null;

    /// <summary>The partition of those values; null: there is none.</summary>
    public async ValueTask<TableHandle?> FindAsync(byte[] key, CancellationToken cancellationToken)
    {
        if (_byKey.TryGetValue(key, out var known))
            return known;
        var values = ValuesOf(key);
        return await table.Connection.Retry.RunAsync(() => Grain.FindAsync(values), cancellationToken).ConfigureAwait(false) is { } found ? Learn(key, found) : null;
    }

    /// <summary>The partition of those values, made where there is none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownPartition"/>: there is none and rows make none; <see cref="GridErrorCode.PartitionDropped"/>: its time is over;
    /// <see cref="GridErrorCode.InvalidArgument"/>, <see cref="GridErrorCode.TooLarge"/>: it cannot be made.</exception>
    public async ValueTask<TableHandle> GetOrCreateAsync(byte[] key, CancellationToken cancellationToken)
    {
        if (_byKey.TryGetValue(key, out var known))
            return known;
        var values = ValuesOf(key);
        return Learn(key, await table.Connection.Retry.RunAsync(() => Grain.CreateAsync(values, PartitionCreation.ByWriting), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The partitions that there are now, in the order in which they were made. What is known of others is forgotten.</summary>
    public async Task<IReadOnlyList<(PartitionInfo Partition, TableHandle Table)>> ListAsync(CancellationToken cancellationToken)
    {
        var partitions = await table.Connection.Retry.RunAsync(() => Grain.ListAsync(), cancellationToken).ConfigureAwait(false);
        var newest = partitions.IsEmpty ? default : partitions.Max(partition => partition.Id);
        var present = partitions.Select(partition => partition.Id).ToHashSet();
        foreach (var id in _byId.Keys.Where(id => id <= newest && !present.Contains(id)))
            Forget(id);
        return [.. partitions.Select(partition => (partition, HandleOf(partition.Id)))];
    }

    /// <summary>The partition was dropped.</summary>
    public void Forget(PartitionId id)
    {
        _byId.TryRemove(id, out _);
        foreach (var entry in _byKey)
            if (entry.Value.Partition == id)
                _byKey.TryRemove(entry);
    }

    public IPartitionsGrain Grain => table.Connection.Partitions(table.Info.Id);

    private ImmutableArray<string> ValuesOf(byte[] key) => PartitionValues.Format(table.Info.Schema, Encoder.Decode(key));

    private TableHandle Learn(byte[] key, PartitionInfo partition) => _byKey[key] = HandleOf(partition.Id);

    private TableHandle HandleOf(PartitionId id) => _byId.GetOrAdd(id, static (id, table) => table.In(id), table);
}
