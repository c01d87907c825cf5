using Grid.Abstractions;
using Grid.Grains.Nodes;
using Orleans.Runtime.Placement;

namespace Grid.Grains.Replication;

/// <summary>Finds the silo of the node that the key names. What it throws reaches the caller as it is.</summary>
internal sealed class NodePinnedDirector(INodeDirectory nodes) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var node = ReplicaKey.NodeOf(target.GrainIdentity.Key.ToString()!);
        return nodes.TryGetSilo(node, out var silo) ? Task.FromResult(silo)
            : throw new GridException(GridErrorCode.UnknownNode, $"Node '{node}' does not live; these do: {string.Join(", ", nodes.Nodes.Select(node => node.Name))}. Start it, or wait until it is back.");
    }
}
