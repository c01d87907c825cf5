using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Replication;

/// <summary>Sends the other replicas what each of them lacks, in as many calls as are allowed at once. Used by its term alone.</summary>
internal sealed class FollowerSender(LeaderEpoch epoch, BucketLog log, ReplicaContext context)
{
    /// <summary>Aligns a follower, or pushes frames up to the log's end, or tells it the watermark; nothing while it is refilled or has to be left alone.</summary>
    public void Pump(FollowerProgress follower, LogOffset commit, long now)
    {
        if (follower.IsRefilling || follower.RetryAt > now)
            return;
        if (!follower.IsAligned)
        {
            if (!follower.IsAligning)
                SendAlign(follower, commit, now);
            return;
        }

        if (follower.MustRewind)
        {
            if (follower.InFlight > 0)
                return;
            follower.Rewind();
        }

        while (follower.Next < log.EndOffset && follower.InFlight < context.Options.PushesInFlightMax)
            if (!SendFrames(follower, commit, now))
                return;
        if (follower.InFlight == 0 && (follower.KnownWatermark < commit || follower.Failures > 0))
            PushWatermark(follower, commit, now);
    }

    /// <summary>A push without frames: the watermark, and the question whether the follower still follows.</summary>
    public void PushWatermark(FollowerProgress follower, LogOffset commit, long now) => Push(follower, commit, now, follower.Next, null);

    /// <summary>A call failed: the next waits, longer each time.</summary>
    public void Fail(FollowerProgress follower, bool unreachable, long now)
    {
        var delay = Math.Min(context.Options.RetryDelayMsMax, context.Options.RetryDelayMs << Math.Min(follower.Failures, 10));
        follower.Failed(unreachable, now + context.Ticks(delay));
    }

    private bool SendFrames(FollowerProgress follower, LogOffset commit, long now)
    {
        if (follower.Next < log.StartOffset)
        {
            // Retention took what it needs next: aligning tells it where the log begins now.
            follower.LostAlignment();
            return false;
        }

        if (!context.Outbox.TryTakeCredit(context.Options.PushBytesMax))
            return false;
        var block = log.ReadForPush(follower.Next, context.Options.PushBytesMax, out var next);
        Push(follower, commit, now, follower.Next, block);
        follower.Next = next;
        return true;
    }

    private void Push(FollowerProgress follower, LogOffset commit, long now, LogOffset from, FrameBlock? frames)
    {
        var call = context.NextCall();
        follower.SentPush(call, now, commit);
        context.Outbox.Push(follower.Node, new PushRequest
        {
            Epoch = epoch,
            Leader = context.Self,
            BaseOffset = from,
            Frames = frames,
            HighWatermark = commit,
            StartOffset = log.StartOffset,
        }, call);
    }

    private void SendAlign(FollowerProgress follower, LogOffset commit, long now)
    {
        var call = context.NextCall();
        follower.SentAlign(call, now);
        var epochs = log.Epochs;
        context.Outbox.Align(follower.Node, new AlignRequest
        {
            Epoch = epoch,
            Leader = context.Self,
            StartOffset = log.StartOffset,
            EndOffset = log.EndOffset,
            History = epochs.Length <= AlignRequest.HistoryMax ? epochs : epochs[^AlignRequest.HistoryMax..],
            HighWatermark = commit,
        }, call);
    }
}
