using Orleans.Configuration;

namespace Grid.Silo.Clustering;

/// <summary>
/// When a silo counts as dead. Two things must hold for a vote: probes fail <see cref="MissedProbesLimit"/> times in a row, the last of them through another silo, and nothing at all
/// was received from the silo for <see cref="MissedProbesLimit"/> x <see cref="ProbeTimeoutMax"/> = 3.3 s. The probe after that decides, so a silo that hangs is voted out at
/// 3.3 s at the earliest and 3.3 + 1.1 = 4.4 s at the latest; writing the table and telling the others fits in the rest of the 5 s.
/// A silo that is only slow answers something within 3.3 s, and every message counts.
/// </summary>
internal static class ClusterTimings
{
    private const int MissedProbesLimit = 3;
    private const int VotesForDeath = 2;
    private const int MissedSignsOfLifeLimit = 4;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeTimeoutMin = TimeSpan.FromMilliseconds(750);
    private static readonly TimeSpan ProbeTimeoutMax = TimeSpan.FromMilliseconds(1100);

    // Votes of one event come within a few probes of each other; older ones are of another event and must not add up.
    private static readonly TimeSpan VoteExpiration = TimeSpan.FromSeconds(15);

    // A cluster that was killed as a whole starts again once the rows of those that did not return are 4 x 5 = 20 s old. The table is read as often, so that a sign of
    // life is at most 10 s old where it is looked at.
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(5);

    public static void Configure(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = ProbeTimeout;
        membership.MinProbeTimeout = ProbeTimeoutMin;
        membership.MaxProbeTimeout = ProbeTimeoutMax;
        membership.NumMissedProbesLimit = MissedProbesLimit;
        membership.NumVotesForDeathDeclaration = VotesForDeath;
        membership.DeathVoteExpirationTimeout = VoteExpiration;
        membership.EnableIndirectProbes = true;
        membership.EnableConnectionLivenessCheck = true;
        membership.ExtendProbeTimeoutDuringDegradation = true;
        membership.IAmAliveTablePublishTimeout = SignOfLife;
        membership.NumMissedTableIAmAliveLimit = MissedSignsOfLifeLimit;
        membership.TableRefreshTimeout = SignOfLife;
    }
}
