using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>Finds where two logs part, by their epochs. Pure.</summary>
internal static class EpochHistory
{
    /// <summary>
    /// The last offset up to which a replica's log is the leader's. Frames of the leader's own epoch are always the leader's: they came from it, however old the
    /// request is that asks. An older epoch's frames are the same in both logs as far as both have them, since one leader wrote them at one place each; what a replica
    /// has of an epoch beyond the leader's end of it, or of an epoch that the leader does not have at all, was never committed.
    /// </summary>
    /// <param name="mine">The replica's epochs, oldest first.</param>
    /// <param name="start">Where the replica's log begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="request">The leader's.</param>
    public static LogOffset FindDivergence(ImmutableArray<EpochStart> mine, LogOffset start, LogOffset end, AlignRequest request)
    {
        for (var i = mine.Length - 1; i >= 0; i--)
        {
            var (epoch, offset) = mine[i];
            if (offset >= end)
                continue;
            if (epoch >= request.Epoch)
                return end;
            var index = FindEpoch(request.History, epoch);
            if (index >= 0)
            {
                var leaderEnd = index + 1 < request.History.Length ? request.History[index + 1].Offset : request.EndOffset;
                if (request.History[index].Epoch == epoch)
                    return leaderEnd < end ? leaderEnd : end;
            }

            // The leader has nothing of this epoch: all of it goes, and the epoch before is compared.
            end = offset;
        }

        return end < start ? start : end;
    }

    /// <summary>The last entry whose epoch is not higher; -1 where there is none.</summary>
    private static int FindEpoch(ImmutableArray<EpochStart> history, LeaderEpoch epoch)
    {
        for (var i = history.Length - 1; i >= 0; i--)
            if (history[i].Epoch <= epoch)
                return i;
        return -1;
    }
}
