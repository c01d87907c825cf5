using Grid.Abstractions;

namespace Grid.Grains.Replication;

/// <summary>The key of a replica's grain: <c>table/partition/bucket@node</c>.</summary>
internal readonly record struct ReplicaKey(BucketId Bucket, NodeName Node)
{
    private const char Separator = '@';

    /// <summary>The node of a replica's key, or of <c>@node</c>, the key of what a node has only one of.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static NodeName NodeOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Length > 1 && key[0] == Separator && NodeName.IsLegal(key[1..]) ? new NodeName(key[1..]) : Parse(key).Node;
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static ReplicaKey Parse(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var at = key.IndexOf(Separator, StringComparison.Ordinal);
        try
        {
            if (at > 0 && NodeName.IsLegal(key[(at + 1)..]))
                return new ReplicaKey(BucketId.Parse(key[..at]), new NodeName(key[(at + 1)..]));
        }
        catch (FormatException)
        {
            // Falls through.
        }

        throw new GridException(GridErrorCode.InvalidArgument, $"'{key}' is not the key of a replica; expected table/partition/bucket@node, such as 7/0/3@a.");
    }

    /// <inheritdoc/>
    public override string ToString() => Bucket.AtNode(Node);
}
