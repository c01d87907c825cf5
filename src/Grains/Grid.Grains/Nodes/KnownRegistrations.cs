using System.Collections.Concurrent;
using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Nodes;

namespace Grid.Grains.Nodes;

/// <summary>The registrations of other nodes as this one last read them. Thread safe.</summary>
internal sealed class KnownRegistrations
{
    private readonly ConcurrentDictionary<NodeName, NodeRegistration> _registrations = new();
    private volatile ImmutableHashSet<NodeName> _draining = [];

    /// <summary>The nodes that are marked as draining, as last read.</summary>
    public ImmutableHashSet<NodeName> Draining
    {
        get => _draining;
        set => _draining = value;
    }

    public NodeRegistration? Find(NodeName node) => _registrations.GetValueOrDefault(node);

    public void Learn(NodeRegistration registration) => _registrations[registration.Name] = registration;

    /// <summary>Forgets nodes that are none any more.</summary>
    public void KeepOnly(IReadOnlySet<NodeName> nodes)
    {
        foreach (var node in _registrations.Keys)
            if (!nodes.Contains(node))
                _registrations.TryRemove(node, out _);
    }
}
