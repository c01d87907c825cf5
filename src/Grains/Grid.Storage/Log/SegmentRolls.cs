using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// Goes from one segment to the next. A segment is made under a provisional name, and takes its final one only when its predecessor is sealed and both are on disk; see <see cref="BucketLog"/>'s crash
/// argument. Begun by the writer's loop, finished there or in the background.
/// </summary>
internal sealed class SegmentRolls(IFileStore store, string directory, SegmentList segments)
{
    /// <summary>Rolls that may wait for the disk. A process that dies leaves so many segments to be checked frame by frame when the bucket opens: 16 x 256 MiB = 4 GiB.</summary>
    private const int PendingMax = 16;

    private Task _rolls = Task.CompletedTask;
    private int _pending;

    /// <summary>Why a roll in the background failed; null: none did.</summary>
    public Exception? Failure => _rolls.IsFaulted ? _rolls.Exception!.InnerException : null;

    /// <summary>Returns when no roll runs in the background; throws what made one fail. Blocking.</summary>
    public void Wait() => _rolls.GetAwaiter().GetResult();

    /// <summary>As <see cref="Wait"/>, for any thread; never fails.</summary>
    public Task SettleAsync() => Volatile.Read(ref _rolls).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Adds a new segment behind the last one; frames may go into it at once. After a failure nothing may be written until the log is opened again.</summary>
    public void Roll(Segment? last, Segment next, LogSettings settings)
    {
        // An empty last segment is replaced: the new one takes its name.
        var replaced = last is { IsSealed: false, Index.Count: 0 };
        if (replaced || settings.FlushEveryGroup || last is null or { IsSealed: true } || _pending >= PendingMax)
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
        else
        {
            Interlocked.Increment(ref _pending);
            Volatile.Write(ref _rolls, FinishLaterAsync(_rolls, last, next, settings));
        }

        segments.Add(next, replaced);
        if (replaced)
            last!.KeepOpen(false);
        else if (last is { IsSealed: true })
            segments.Sealed(last);
    }

    private async Task FinishLaterAsync(Task before, Segment last, Segment next, LogSettings settings)
    {
        await before.ConfigureAwait(false);
        await Task.Run(() => Finish(last, next, settings)).ConfigureAwait(false);
        segments.Sealed(last);
        Interlocked.Decrement(ref _pending);
    }

    private void Finish(Segment? last, Segment next, LogSettings settings)
    {
        if (last is { IsSealed: false })
            SegmentSealing.Seal(last, settings);
        next.Flush();
        next.MarkFinal(Path.Combine(directory, SegmentName.Of(next.BaseOffset)));
        store.SyncDirectory(directory);
    }
}
