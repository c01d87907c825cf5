using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>Opens a shard's folder; one that is damaged or ahead of the log is deleted, to be filled again from the log.</summary>
internal static class ShardFolder
{
    /// <summary>Opens what is there, or makes it. Blocking.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="table">The table.</param>
    /// <param name="resources">The node's RocksDB resources.</param>
    /// <param name="logStart">The first offset that the log still has.</param>
    /// <param name="logEnd">The offset after its last.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: it cannot be opened, or must be rebuilt but the log no longer has everything.</exception>
    public static ShardStore Open(string path, TableInfo table, RocksResources resources, LogOffset logStart, LogOffset logEnd)
    {
        // Without the whole log a shard with a bad block is better than none.
        if (logStart == LogOffset.Zero && File.Exists(DamageMark(path)))
            Delete(path);
        string why;
        ShardStore? store = null;
        try
        {
            store = new ShardStore(RocksStore.Open(path, resources), table.Id);
            var applied = store.ReadApplied();
            if (applied >= logStart && applied <= logEnd)
                return store;
            why = applied > logEnd ? $"it is ahead of the log: offset {applied} applied, the log ends at {logEnd}" : $"it ends at offset {applied}";
        }
        catch (GridException exception) when (RocksError.IsDamage(exception))
        {
            why = exception.InnerException!.Message;
        }

        store?.Rocks.Dispose();
        if (logStart > LogOffset.Zero)
            throw new GridException(GridErrorCode.StorageFailed,
                $"The shard in {path} cannot be used ({why}), nor rebuilt, since the log begins at offset {logStart}. Restore the bucket's folder from a copy.");
        Delete(path);
        return new ShardStore(RocksStore.Open(path, resources), table.Id);
    }

    /// <summary>Notes that a read found damage: the next open rebuilds the shard if the log still has everything.</summary>
    public static void MarkDamaged(string path) => File.WriteAllBytes(DamageMark(path), []);

    /// <summary>The mark lies beside the folder: it outlives a deletion that is cut short, which is then finished at the next open.</summary>
    private static string DamageMark(string path) => path + ".damaged";

    private static void Delete(string path)
    {
        MarkDamaged(path);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        File.Delete(DamageMark(path));
    }
}
