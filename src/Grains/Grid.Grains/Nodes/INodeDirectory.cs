using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Grid.Abstractions;

namespace Grid.Grains.Nodes;

/// <summary>
/// Who lives in the cluster, as this silo knows it: Orleans' membership says it, a member's silo name is the node's name. Every silo of the cluster is taken for a Grid node; services that use
/// Grid connect as clients. Works in a cluster of one too. Thread safe.
/// </summary>
public interface INodeDirectory
{
    /// <summary>This node.</summary>
    NodeName Local { get; }

    /// <summary>The nodes that live, by name.</summary>
    ImmutableArray<LiveNode> Nodes { get; }

    /// <summary>The silo of a node that lives.</summary>
    bool TryGetSilo(NodeName node, [NotNullWhen(true)] out SiloAddress? silo);

    /// <summary>Who lives now, as changes, and then every change, until cancelled. A reader that is slow misses nodes that came and went meanwhile, never the last state.</summary>
    IAsyncEnumerable<NodeChange> WatchAsync(CancellationToken cancellationToken);
}
