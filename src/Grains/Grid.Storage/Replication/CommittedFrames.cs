using Grid.Abstractions;
using Grid.Storage.Kv;
using Grid.Storage.Log;

namespace Grid.Storage.Replication;

/// <summary>
/// Brings what is committed from the log into the shard and before the readers' eyes, where no writer's group has it in memory: at a follower, and at a leader after it took over or gave a group
/// up. Used by the loop alone. Blocking.
/// </summary>
internal sealed class CommittedFrames(BucketLog log, KeyValueShard? shard, WatermarkSignal signal) : IDisposable
{
    private ShardReplay? _replay;
    private RowLayouts? _layouts;

    /// <summary>Applies everything below <paramref name="commit"/>, the end of a frame of the log.</summary>
    public void ApplyTo(LogOffset commit)
    {
        if (commit <= log.HighWatermark)
            return;
        if (shard is not null)
        {
            var replay = ReplayFor(shard);
            foreach (var frame in log.ReadFrames(shard.AppliedOffset, commit))
                replay.Add(frame);
            shard.Finish(replay);
        }

        // Shard first, readers second: whatever can be read in the changelog can be looked up.
        log.AdvanceHighWatermark(commit);
        signal.Moved();
    }

    public void Dispose() => _replay?.Dispose();

    private ShardReplay ReplayFor(KeyValueShard open)
    {
        if (_replay is not null && ReferenceEquals(_layouts, open.Layouts))
            return _replay;
        _replay?.Dispose();
        _replay = open.Replay();
        _layouts = open.Layouts;
        return _replay;
    }
}
