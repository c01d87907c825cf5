using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// Chooses the nodes of a new bucket. The preferred leader is the node that leads least; each further replica goes to a zone that has fewest of the bucket's
/// replicas, there to the node with the fewest buckets, then the fewest bytes. Ties are broken by a hash of bucket and node, so that every node of the cluster chooses the same.
/// </summary>
public static class ReplicaChooser
{
    private const int HashedNameBytesMax = NodeName.LengthMax;

    /// <summary>The nodes, the preferred leader first; fewer than asked for where fewer live.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="replicas">How many are wanted, 1 or more.</param>
    /// <param name="nodes">The nodes to choose from.</param>
    /// <param name="leader">The preferred leader, one of <paramref name="nodes"/>; null: choose it.</param>
    public static ImmutableArray<NodeName> Choose(BucketId bucket, int replicas, IReadOnlyList<NodeLoad> nodes, NodeName? leader = null)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        var left = nodes.ToList();
        var chosen = new List<NodeLoad>(replicas);
        if (left.Count > 0)
            Take(leader is { } fixedLeader
                ? left.Find(node => node.Name == fixedLeader) ?? throw new ArgumentException($"{fixedLeader} is none of the nodes to choose from.", nameof(leader))
                : left.MinBy(node => (node.Leaders, node.Buckets, node.Bytes, HashOf(bucket, node.Name)))!);
        while (chosen.Count < replicas && left.Count > 0)
            Take(left.MinBy(node => (chosen.Count(other => SameZone(other, node)), node.Buckets, node.Bytes, HashOf(bucket, node.Name)))!);
        return [.. chosen.Select(node => node.Name)];

        void Take(NodeLoad node)
        {
            chosen.Add(node);
            left.Remove(node);
        }
    }

    /// <summary>Whether two nodes may fail together.</summary>
    internal static bool SameZone(NodeLoad one, NodeLoad other) => one.Zone is not null && one.Zone == other.Zone;

    /// <summary>Rendezvous hashing: every bucket orders the nodes in its own way, the same in every process; a node that leaves changes nothing for the others.</summary>
    internal static ulong HashOf(BucketId bucket, NodeName node)
    {
        Span<byte> bytes = stackalloc byte[16 + HashedNameBytesMax];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bucket.Table.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[4..], bucket.Partition.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], bucket.Number);
        var length = 16 + Encoding.ASCII.GetBytes(node.Value, bytes[16..]);
        return XxHash3.HashToUInt64(bytes[..length]);
    }
}
