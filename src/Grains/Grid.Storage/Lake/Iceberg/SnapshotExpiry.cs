using System.Collections.Immutable;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>
/// Which snapshots go (the spec's "Snapshot Retention Policy"). Of <c>main</c> and of every other branch, the last few stay and those that are young enough, of main not more than a number; what a tag
/// names stays. Branches and tags that others made don't expire here.
/// </summary>
internal static class SnapshotExpiry
{
    public static (TableMetadata Metadata, ImmutableArray<Snapshot> Expired) Expire(TableMetadata table, long olderThanMs, int keepLast, long nowMs, int keepMost = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keepLast, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keepMost, keepLast);
        var byId = table.Snapshots.ToDictionary(snapshot => snapshot.Id);
        var kept = new HashSet<SnapshotId>();
        if (table.CurrentSnapshotId is { } current)
            Keep(current, olderThanMs, keepLast, keepMost);
        foreach (var reference in table.OtherReferences.Values)
        {
            if (reference.Type == SnapshotReference.Branch)
                Keep(reference.Snapshot, reference.SnapshotAgeMsMax is { } age ? nowMs - age : olderThanMs, reference.SnapshotsMin ?? keepLast, int.MaxValue);
            else
                kept.Add(reference.Snapshot);
        }

        var expired = table.Snapshots.RemoveAll(snapshot => kept.Contains(snapshot.Id));
        if (expired.IsEmpty)
            return (table, []);
        // The log says without gaps what was current when: what lies before an expired snapshot goes with it.
        var log = table.SnapshotLog;
        for (var i = log.Length - 1; i >= 0; i--)
            if (!kept.Contains(log[i].Snapshot))
            {
                log = log[(i + 1)..];
                break;
            }

        return (table with { Snapshots = table.Snapshots.RemoveAll(snapshot => !kept.Contains(snapshot.Id)), SnapshotLog = log, LastUpdatedMs = Math.Max(nowMs, table.LastUpdatedMs) }, expired);

        // Ends, also where damaged parents form a circle: no snapshot is visited beyond their number.
        void Keep(SnapshotId head, long olderThan, int count, int most)
        {
            SnapshotId? next = head;
            for (var i = 0; i < byId.Count && next is { } id && byId.TryGetValue(id, out var snapshot); i++)
            {
                if (i >= most || (i >= count && snapshot.TimestampMs < olderThan))
                    return;
                kept.Add(id);
                next = snapshot.Parent;
            }
        }
    }
}
