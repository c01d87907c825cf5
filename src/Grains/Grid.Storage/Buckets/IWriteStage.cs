using Grid.Abstractions;

namespace Grid.Storage.Buckets;

/// <summary>
/// What a kind of table adds to the writer's loop. Both methods run on the loop, one group after another, never at the same time, and may block.
/// </summary>
internal interface IWriteStage
{
    /// <summary>The log must keep frames from this offset on (the shard would replay them); retention stops there.</summary>
    LogOffset NeededFrom { get; }

    /// <summary>Whether a group may be prepared while earlier ones wait for their commit.</summary>
    bool MayOverlap { get; }

    /// <summary>
    /// Goes through <see cref="WriteGroup.Writes"/> in order, skips those with a <see cref="PendingWrite.Refusal"/>, and for every other one either
    /// emits one frame or more (<see cref="WriteGroup.Emit"/>) or refuses it (<see cref="WriteGroup.Refuse"/>, before it emitted anything). An exception refuses the
    /// whole group, nothing of which is written; the stage then forgets what it planned for it.
    /// </summary>
    void Prepare(WriteGroup group);

    /// <summary>
    /// The group's frames are committed: in the log, flushed as the policy asks, and at every replica in sync. Readers see them, and writers are answered, once this returned: what can be
    /// read in the log can be looked up. An exception stops the bucket's writing. Not called for a group without frames, nor for one whose append failed;
    /// the latter shows as a next group that starts at the same offset.
    /// </summary>
    void Apply(WriteGroup group);
}
