using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Replication;

/// <summary>What a replica remembers over a restart, and when it notes it. A write that fails alarms and leaves everything as it was. Used by its replica alone; blocking.</summary>
internal sealed class ReplicaMemory(ReplicaContext context, ReplicaState? state, BucketLog log, IReplicaObserver observer)
{
    private ReplicaState _state = state ?? default;
    private long _notedAt = context.Time.GetTimestamp();

    /// <summary>Whether it remembers anything: else its folder is new or was lost.</summary>
    public bool HasState { get; private set; } = state is not null;

    /// <summary>The highest epoch it promised to.</summary>
    public LeaderEpoch Epoch => _state.Epoch;

    /// <summary>Whether its log is known to have everything it ever acknowledged.</summary>
    public bool IsComplete => _state.Boot != Guid.Empty && (_state.Flushed || _state.Boot == context.Boot);

    /// <summary>Promises an epoch: durable when it returns true, so that after a crash, too, nobody with a lower one is listened to.</summary>
    public bool Promise(LeaderEpoch epoch) => Guard(() => Persist(_state with { Epoch = epoch }));

    /// <summary>Before it leads: nothing is missing here. What the log holds is flushed too.</summary>
    public bool BeginTerm(LeaderEpoch epoch, bool flushed) => Guard(() =>
    {
        Persist(new ReplicaState(epoch, log.HighWatermark, context.Boot, flushed));
        log.Flush();
    });

    /// <summary>Before a bucket that was never led gets its first leader.</summary>
    public bool BeginBucket(LeaderEpoch epoch, bool flushed) => HasState || Guard(() => Persist(new ReplicaState(epoch, log.HighWatermark, context.Boot, flushed)));

    /// <summary>Notes that the log has everything, and whether it will stay so where the machine goes down.</summary>
    public void NoteComplete(bool flushed) => Guard(() =>
    {
        if (flushed)
            log.Flush();
        Persist(_state with { HighWatermark = log.HighWatermark, Boot = context.Boot, Flushed = flushed });
    });

    /// <summary>Notes the watermark; without force only now and then.</summary>
    public void NoteWatermark(bool force)
    {
        if (!HasState || log.HighWatermark <= _state.HighWatermark)
            return;
        var now = context.Time.GetTimestamp();
        if (!force && now - _notedAt < context.Ticks(context.Options.WatermarkNoteMs))
            return;
        _notedAt = now;
        Guard(() => Persist(_state with { HighWatermark = log.HighWatermark }));
    }

    private void Persist(ReplicaState state)
    {
        state.Write(context.Files, context.Folder);
        _state = state;
        HasState = true;
    }

    private bool Guard(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception e) when (e is IOException or GridException or UnauthorizedAccessException)
        {
            observer.Alarmed(e.Message);
            return false;
        }
    }
}
