using Grid.Storage;
using Grid.Storage.Nodes;
using Grid.Storage.Objects;

namespace Grid.Grains.Nodes;

/// <summary>Before anything of the node's buckets is opened: the object store is the one that has their records.</summary>
internal sealed class StoreCheck(StorageNode node, IObjectStore objects) : ILifecycleParticipant<ISiloLifecycle>
{
    // Before the node claims its name there.
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(StoreCheck), ServiceLifecycleStage.RuntimeStorageServices - 1, cancellationToken => StoreIdentity.EnsureAsync(node, objects, cancellationToken));
}
