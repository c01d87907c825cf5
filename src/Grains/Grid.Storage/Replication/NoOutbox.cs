using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Replication;

/// <summary>The world of an engine that stands alone: there are no other replicas and there is no record, so nothing is ever said.</summary>
internal sealed class NoOutbox : IReplicaOutbox, IReplicaObserver
{
    public static readonly NoOutbox Instance = new();

    public bool TryTakeCredit(int bytes) => true;

    public void Align(NodeName to, AlignRequest request, long call)
    {
    }

    public void Push(NodeName to, PushRequest request, long call) => request.Frames?.Dispose();

    public void ReplaceRecord(VersionedRecord expected, BucketRecord next, long call)
    {
    }

    public void ReadRecord(long call)
    {
    }

    public void HandOver(NodeName to, LeaderEpoch epoch)
    {
    }

    public void Release(NodeName former)
    {
    }

    public void Refill(NodeName replica, string reason)
    {
    }

    public void WakeAfter(int delayMs)
    {
    }

    public void RoleChanged(ReplicaRole role, Refusal? why)
    {
    }

    public void LeaseMayHaveChanged()
    {
    }

    public void Alarmed(string message)
    {
    }
}
