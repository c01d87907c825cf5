namespace Grid.Storage;

/// <summary>What all buckets of a process share: directory, file store, clock, RocksDB block cache and write-buffer budget.</summary>
public sealed class StorageNode : IAsyncDisposable
{
    /// <summary>Makes the node over an existing or new data directory.</summary>
    public StorageNode(StorageNodeOptions options, TimeProvider time) => throw new NotImplementedException();

    /// <summary>The options.</summary>
    public StorageNodeOptions Options => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
