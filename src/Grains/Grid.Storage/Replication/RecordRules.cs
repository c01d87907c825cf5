using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>What holds of every bucket record, and of every change of one.</summary>
internal static class RecordRules
{
    /// <summary>What is wrong with a record; null: nothing.</summary>
    public static string? FindProblem(BucketRecord record)
    {
        if (record.Epoch.Value < 1)
            return $"the epoch is {record.Epoch}; the first one is 1";
        if (record.Replicas.IsDefaultOrEmpty)
            return "it has no replicas";
        if (record.InSync.IsDefaultOrEmpty)
            return "no replica is in sync";
        if (record.MinInSync is < 0 or > BucketRecord.ReplicasMax)
            return $"minInSync is {record.MinInSync}; 0 to {BucketRecord.ReplicasMax} is legal";
        return FindProblem("replicas", record.Replicas)
            ?? FindProblem("inSync", record.InSync)
            ?? (record.Target.IsDefaultOrEmpty ? null : FindProblem("target", record.Target))
            ?? (record.InSync.Any(node => !record.Replicas.Contains(node)) ? "a node that is in sync is none of the replicas" : null)
            ?? (record.Leader is { } leader && !record.Replicas.Contains(leader) ? $"the leader '{leader}' is none of the replicas" : null);
    }

    /// <summary>
    /// Why a change is not allowed; null: it is. Epochs never fall. At one epoch there is one leader, who may also give up: so nobody leads at an epoch that another one
    /// led at. And whoever takes over was in sync: so nobody leads who lacks what is committed.
    /// </summary>
    public static string? FindProblem(BucketRecord present, BucketRecord next)
    {
        if (FindProblem(next) is { } problem)
            return problem;
        if (next.Epoch < present.Epoch)
            return $"the epoch falls from {present.Epoch} to {next.Epoch}";
        if (next.Epoch == present.Epoch && next.Leader is not null && next.Leader != present.Leader)
            return $"the leader changes from {present.Leader?.Value ?? "none"} to {next.Leader} at epoch {next.Epoch}";
        if (next.Epoch > present.Epoch && next.Leader is { } leader && !present.InSync.Contains(leader))
            return $"the new leader {leader} was not in sync";
        return null;
    }

    private static string? FindProblem(string list, ImmutableArray<NodeName> nodes)
    {
        if (nodes.Length > BucketRecord.ReplicasMax)
            return $"{list} has {nodes.Length} nodes, more than {BucketRecord.ReplicasMax}";
        for (var i = 0; i < nodes.Length; i++)
        {
            if (!NodeName.IsLegal(nodes[i].Value))
                return $"{list} has '{nodes[i].Value}', which is no legal node name";
            if (nodes.IndexOf(nodes[i]) != i)
                return $"{list} has {nodes[i]} twice";
        }

        return null;
    }
}
