using Grid.Abstractions;
using Grid.Storage;
using Grid.Storage.Nodes;

namespace Grid.Grains.Nodes;

/// <summary>What this node says of itself to others. Thread safe.</summary>
public sealed class LocalNode
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _dataPort;

    /// <summary>Made with the node.</summary>
    public LocalNode(StorageNode storage, GridNodeOptions options)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(options);
        Identity = storage.Identity;
        Zone = options.Zone;
    }

    /// <summary>The node's name.</summary>
    public NodeName Name => Identity.Name;

    /// <summary>The node's name and its directory's number.</summary>
    public NodeIdentity Identity { get; }

    /// <summary>What it fails together with; null: nothing.</summary>
    public string? Zone { get; }

    /// <summary>Where its data port listens, <c>address:port</c> as others reach it; null: it has none. Once set, others learn of it within a second or two.</summary>
    public string? DataPort
    {
        get
        {
            lock (_lock)
                return _dataPort;
        }

        set
        {
            lock (_lock)
            {
                _dataPort = value;
                _changed.TrySetResult();
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Completes with the next change.</summary>
    internal Task Changed
    {
        get
        {
            lock (_lock)
                return _changed.Task;
        }
    }
}
