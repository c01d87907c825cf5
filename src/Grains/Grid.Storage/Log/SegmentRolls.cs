using System.Runtime.ExceptionServices;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// Goes from one segment to the next. A segment is made under a provisional name, and takes its final one only when its predecessor is sealed and both are on disk; see <see cref="BucketLog"/>'s crash
/// argument. Begun by the writer's loop, finished there or in the background.
/// </summary>
internal sealed class SegmentRolls(IFileStore store, string directory, SegmentList segments, Action<IThreadPoolWorkItem> schedule) : IThreadPoolWorkItem
{
    /// <summary>Rolls that may wait for the disk. A process that dies leaves so many segments to be checked frame by frame when the bucket opens: 16 x 256 MiB = 4 GiB.</summary>
    private const int PendingMax = 16;

    // Held while a roll is finished: one after the other, in the order in which they were begun.
    private readonly Lock _finishing = new();

    // The one that is being finished stays in it; under a lock of its own, so that nobody who only adds one waits for the disk.
    private readonly Queue<PendingRoll> _pending = [];
    private bool _scheduled;
    private volatile ExceptionDispatchInfo? _failure;

    /// <summary>Why a roll that had been left to the background failed; null: none did.</summary>
    public Exception? Failure => _failure?.SourceException;

    /// <summary>Returns when every roll is finished, or one failed. Blocking: what the background has not done yet is done here.</summary>
    public void Settle()
    {
        while (FinishNext())
        {
        }
    }

    /// <summary>As <see cref="Settle"/>; throws what made a roll fail.</summary>
    public void Wait()
    {
        Settle();
        _failure?.Throw();
    }

    /// <summary>Adds a new segment behind the last one; frames may go into it at once. After a failure nothing may be written until the log is opened again.</summary>
    public void Roll(Segment? last, Segment next, LogSettings settings)
    {
        // An empty last segment is replaced: the new one takes its name.
        var replaced = last is { IsSealed: false, Index.Count: 0 };
        if (replaced || settings.FlushEveryGroup || last is null or { IsSealed: true } || !TryFinishLater(last, next, settings))
        {
            try
            {
                Wait();
                Finish(replaced ? null : last, next, settings);
            }
            catch
            {
                next.KeepOpen(false);
                throw;
            }
        }

        segments.Add(next, replaced);
        if (replaced)
            last!.KeepOpen(false);
        else if (last is { IsSealed: true })
            segments.Sealed(last);
    }

    void IThreadPoolWorkItem.Execute() => Settle();

    private bool TryFinishLater(Segment last, Segment next, LogSettings settings)
    {
        lock (_pending)
        {
            if (_pending.Count >= PendingMax)
                return false;
            _pending.Enqueue(new PendingRoll(last, next, settings));
            if (_scheduled)
                return true;
            _scheduled = true;
        }

        schedule(this);
        return true;
    }

    /// <summary>Finishes the oldest roll; false when there is none, or one failed.</summary>
    private bool FinishNext()
    {
        lock (_finishing)
        {
            PendingRoll? roll;
            lock (_pending)
            {
                if (_failure is not null || !_pending.TryPeek(out roll))
                {
                    _scheduled = false;
                    return false;
                }
            }

            try
            {
                Finish(roll.Last, roll.Next, roll.Settings);
                segments.Sealed(roll.Last);
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
                return false;
            }

            lock (_pending)
                _pending.Dequeue();
            return true;
        }
    }

    private void Finish(Segment? last, Segment next, LogSettings settings)
    {
        if (last is { IsSealed: false })
            SegmentSealing.Seal(last, settings);
        next.Flush();
        next.MarkFinal(Path.Combine(directory, SegmentName.Of(next.BaseOffset)));
        store.SyncDirectory(directory);
    }

    private sealed record PendingRoll(Segment Last, Segment Next, LogSettings Settings);
}
