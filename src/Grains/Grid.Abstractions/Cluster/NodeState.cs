namespace Grid.Abstractions;

/// <summary>What a node is to the cluster.</summary>
public enum NodeState
{
    /// <summary>It lives and takes buckets.</summary>
    Live = 0,

    /// <summary>It lives, takes no new buckets, and those that it has are to leave.</summary>
    Draining = 1,

    /// <summary>It does not live; buckets still lie on it, or it is marked as draining.</summary>
    Gone = 2,
}
