using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>Who a replica is, and whom it speaks to.</summary>
/// <param name="Self">Its node.</param>
/// <param name="Outbox">What it says.</param>
/// <param name="Observer">Who learns of its roles.</param>
/// <param name="Shell">On a real node, what the two are; null in a simulator.</param>
internal sealed record ReplicaWorld(NodeName Self, IReplicaOutbox Outbox, IReplicaObserver Observer, ReplicaShell? Shell);
