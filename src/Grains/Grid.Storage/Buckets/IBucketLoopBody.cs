namespace Grid.Storage.Buckets;

/// <summary>What runs on a bucket's loop: one method at a time, each may block, none may throw.</summary>
internal interface IBucketLoopBody
{
    /// <summary>Whether the next writes may be taken out of the queue.</summary>
    bool MayTakeWrites { get; }

    /// <summary>Whether writes that were taken have no outcome yet.</summary>
    bool HasWritesUnderWay { get; }

    /// <summary>After a bunch of inputs.</summary>
    void Settle();

    /// <summary>The next writes, possibly none; the list is the loop's.</summary>
    void Run(List<PendingWrite> writes);
}
