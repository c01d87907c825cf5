using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>Which change of the record a leader wants next: who leaves and joins the in-sync set, and a step of a move. Used by its term alone.</summary>
/// <param name="term">The term.</param>
/// <param name="context">Who it is.</param>
/// <param name="formerLeaseUntil">From this moment on no earlier leader that knows of no later one serves reads.</param>
internal sealed class RecordPlan(LeaderTerm term, ReplicaContext context, long formerLeaseUntil)
{
    /// <summary>The record as it should be; the present one where nothing is to be changed.</summary>
    public BucketRecord Next(long now)
    {
        var record = term.Record;
        var inSync = record.InSync;
        if (MayShrink())
            inSync = inSync.RemoveAll(node => term.Find(node) is { } follower && term.IsStalled(follower) && MayRelease(follower, now));
        foreach (var follower in term.Followers)
            if (!inSync.Contains(follower.Node) && term.IsCaughtUp(follower))
                inSync = inSync.Add(follower.Node);

        var next = record with { InSync = inSync };
        return record.Target.IsDefaultOrEmpty ? next : TowardsTarget(next, now);
    }

    /// <summary>Stalled replicas leave the set only where enough others remain: else writes wait, and every replica that has all stays one that may lead.</summary>
    public bool MayShrink()
    {
        var inSync = term.Record.InSync;
        var stalled = inSync.Count(node => term.Find(node) is { } follower && term.IsStalled(follower));
        return stalled > 0 && inSync.Length - stalled >= context.MinInSync(term.Record);
    }

    /// <summary>
    /// Whether it may be done without a replica that is in sync. An earlier leader that knows of no later one serves reads until its lease ends: until then nothing is committed without it.
    /// Its lease began before this node, one of those it asks, last accepted a call of it, or before the record changed.
    /// </summary>
    private bool MayRelease(FollowerProgress follower, long now) => follower.KnowsEpoch || now >= formerLeaseUntil;

    /// <summary>
    /// A move: the new replicas come in; once all of the target are in sync and answer, the target's first gets the lead where it is another one's, and then the others go. A leader that is
    /// to go leads until one of the target does; one that stays gives up on the target's first after one attempt.
    /// </summary>
    private BucketRecord TowardsTarget(BucketRecord record, long now)
    {
        var target = record.Target;
        var missing = target.Where(node => !record.Replicas.Contains(node)).ToImmutableArray();
        if (missing.Length > 0)
            return record.Replicas.Length + missing.Length <= BucketRecord.ReplicasMax ? record with { Replicas = record.Replicas.AddRange(missing) } : record with { Target = [] };

        // A copy that lives is not given up for one that does not answer, even if the record still counts that one as in sync.
        var ready = true;
        foreach (var node in target)
            ready &= record.InSync.Contains(node) && term.IsReady(node, now);
        foreach (var node in record.InSync)
            ready &= target.Contains(node) || term.Find(node) is not { } former || MayRelease(former, now);
        if (!ready)
            return record;
        var handOver = term.HandOver;
        if (target[0] != context.Self && (handOver.MayBegin(now) || !target.Contains(context.Self)))
        {
            if (!handOver.IsUnderWay && handOver.MayBegin(now) && term.Record.InSync.Contains(target[0]))
                handOver.Begin(target, now);
            return record;
        }

        return record with { Replicas = target, InSync = target, Target = [], MinInSync = context.MinInSyncOf(target.Length) };
    }
}
