using System.Runtime.ExceptionServices;
using Grid.Abstractions;
using Grid.Simulation.Checks;
using Grid.Simulation.Clients;
using Grid.Simulation.History;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;
using Grid.Storage.Buckets;
using Grid.Storage.Log;
using Grid.Storage.Replication;

namespace Grid.Simulation.Cluster;

/// <summary>
/// Nodes that replicate one bucket, and what Orleans does for them: where the recorded leader does not live, a node that is in sync goes for the lead. Every event of every
/// node is looked at by the checkers.
/// </summary>
internal sealed class SimCluster : ISimCluster, IBucketPort, IDisposable
{
    private const double PlacementMs = 300;
    private const double EvictionMs = 3000;
    private const double StartSeenMs = 500;
    private const double SweepMs = 10_000;
    private readonly Dictionary<NodeName, SimNode> _nodes = [];
    private readonly Dictionary<NodeName, TimeSpan> _frozenSince = [];
    private readonly HashSet<NodeName> _damaged = [];
    private readonly bool _flushes;

    public SimCluster(SimScheduler scheduler, FaultPlan plan, TableInfo table, bool flushes, int preferredLeaderAfterMs = 0)
    {
        Options = new ReplicaOptions { PushBytesMax = 1024, WatermarkNoteMs = 1000, PreferredLeaderAfterMs = preferredLeaderAfterMs };
        Scheduler = scheduler;
        Table = table;
        _flushes = flushes;
        Network = new SimNetwork(scheduler) { Profile = plan.Network };
        Nodes = [.. Enumerable.Range(1, plan.Nodes).Select(i => new NodeName($"n{i}"))];
        var replicas = Nodes.Take(3).ToArray();
        Store = new SimRecordStore(scheduler, Network, new BucketRecord { Epoch = BucketRecord.NewEpoch, Replicas = [.. replicas], InSync = [.. replicas] });
        Store.Changed = Epochs.Observe;
        foreach (var name in Nodes)
        {
            var process = new SimProcess(scheduler, name);
            Network.Add(process);
            var node = _nodes[name] = new SimNode(this, process);
            process.Stepped = error => Stepped(node, error);
            node.Start();
        }

        Place();
        Sweep();
    }

    public SimScheduler Scheduler { get; }

    public TableInfo Table { get; }

    public ReplicaOptions Options { get; }

    /// <summary>Whether nodes learn from the membership that another one was started; if not, they find out when they push.</summary>
    public bool TellsOfStarts { get; init; }

    public CommitCheck Commits { get; } = new();

    public EpochCheck Epochs { get; } = new();

    public List<string> Alarms { get; } = [];

    public IReadOnlyList<NodeName> Nodes { get; }

    public SimNetwork Network { get; }

    public SimRecordStore Store { get; }

    public SimNode this[NodeName name] => _nodes[name];

    public SimDisk Disk(NodeName node) => _nodes[node].Disk;

    /// <summary>Whether all replicas are in sync, have the same log, and show all of it.</summary>
    public bool HasConverged()
    {
        var record = Store.Current.Record;
        if (record.Leader is not { } leader || !_nodes[leader].Leads || record.InSync.Length != record.Replicas.Length || !record.Target.IsDefaultOrEmpty)
            return false;
        var end = _nodes[leader].EndOffset;
        return record.Replicas.All(node => _nodes[node] is { IsOpen: true } replica && replica.EndOffset == end && replica.HighWatermark == end);
    }

    /// <summary>Whether another copy has everything, by the record and by every change of it that is under way: the last copy is not taken away.</summary>
    public bool CanLoseDisk(NodeName node) =>
        Store.CurrentOrNext.All(record => !record.InSync.Contains(node) || record.InSync.Any(other => other != node && !_damaged.Contains(other)));

    public void Crash(NodeName node, Fault how)
    {
        // Without flushing, a machine's loss may take what it acknowledged: it is promised for one machine at a time.
        if (how is Fault.PowerOff or Fault.TornWrite && !_flushes && (_damaged.Count > 0 || !CanLoseDisk(node)))
            how = Fault.Kill;
        if (how == Fault.LoseDisk || (how is Fault.PowerOff or Fault.TornWrite && !_flushes))
            _damaged.Add(node);
        if (how == Fault.LoseDisk)
            Epochs.LostDisk(node);
        _nodes[node].Crash(how);
    }

    public void Start(NodeName node)
    {
        _nodes[node].Start();
        if (!TellsOfStarts)
            return;
        foreach (var other in _nodes.Values)
            if (other.Node != node && other.Process.IsUp)
                other.Process.After(StartSeenMs, () => other.Post(replica => replica.OnNodeChanged(node)));
    }

    public void Opened(SimNode node) => Commits.Restarted(node.Node);

    public void TakeLead(NodeName name)
    {
        var node = _nodes[name];
        node.Process.After(0, () => Store.Read(node.Process, record =>
        {
            if (record is not null)
                node.Post(replica => replica.Lead(record));
        }));
    }

    /// <summary>Tells the leader that somebody else may have changed the record.</summary>
    public void Poke(SimProcess client, NodeName name) => Network.Send(client.Name, name, "look at the record", () => _nodes[name].Post(static replica => replica.LookAtRecord()));

    public void FindLeader(SimProcess client, Action<NodeName?> done) => Store.Read(client, record => done(record?.Record.Leader));

    public void Append(SimProcess client, NodeName name, AppendOperation operation, Action<AppendReply> done) => Network.Send(client.Name, name, $"append {operation}", () =>
    {
        if (_nodes[name] is not { IsOpen: true } node)
            return;
        node.Write(SimFrames.LogFrame(operation.Writer, operation.Sequence), null,
            write => Network.Send(name, client.Name, write.Refusal?.Message ?? "appended", () => done(new AppendReply(write.Refusal?.Code, write.BaseOffset.Value, write.EndOffset.Value))));
    }, () => done(new AppendReply(GridErrorCode.UnknownNode, 0, 0)));

    public void Fetch(SimProcess client, NodeName name, long from, bool fromLeader, Action<FetchReply> done) => Network.Send(client.Name, name, $"fetch {from}", () =>
    {
        if (_nodes[name] is not { IsOpen: true } node)
            return;
        if (fromLeader)
            node.WithLease(Read, () => Refuse(GridErrorCode.NotLeader));
        else
            Read();

        void Read()
        {
            var watermark = node.HighWatermark;
            if (from < node.StartOffset.Value || from > node.EndOffset.Value)
            {
                Refuse(GridErrorCode.OffsetOutOfRange);
                return;
            }

            var frames = node.ReadFrames(new LogOffset(from)).TakeWhile(frame => frame.EndOffset <= watermark.Value).Take(20).ToList();
            var next = frames.Count > 0 ? frames[^1].EndOffset : from;
            Network.Send(name, client.Name, $"{frames.Count} frames", () => done(new FetchReply(null, frames, next, watermark.Value)));
        }

        void Refuse(GridErrorCode code) => Network.Send(name, client.Name, code.ToString(), () => done(new FetchReply(code, [], from, 0)));
    }, () => done(new FetchReply(GridErrorCode.UnknownNode, [], from, 0)));

    public void Write(SimProcess client, NodeName name, long writer, int sequence, KeyOperation operation, Action<KeyReply> done) => Network.Send(client.Name, name, $"write {operation}", () =>
    {
        if (_nodes[name] is not { IsOpen: true } node)
            return;
        long? expected = operation.Kind == KeyOperationKind.CompareAndSet ? operation.Expected : null;
        var request = SimFrames.KeyWrite(operation.Key, operation.Value, operation.Kind == KeyOperationKind.Delete, expected, writer, sequence);
        node.Write(request.Frame, request, write => Network.Send(name, client.Name, write.Refusal?.Message ?? "written", () => done(Reply(write))));
    }, () => done(new KeyReply { Error = GridErrorCode.UnknownNode }));

    public void Lookup(SimProcess client, NodeName name, long key, bool fromLeader, Action<KeyReply> done) => Network.Send(client.Name, name, $"lookup {key}", () =>
    {
        if (_nodes[name] is not { IsOpen: true } node)
            return;
        if (fromLeader)
            node.WithLease(Read, () => Network.Send(name, client.Name, "not leader", () => done(new KeyReply { Error = GridErrorCode.NotLeader })));
        else
            Read();

        void Read()
        {
            var keys = SimFrames.Keys(key);
            var answer = node.Parts.Shard!.LookupAsync(new LookupRequest { Keys = keys, SchemaVersion = SimFrames.KeySchema.Version, Versions = true }, CancellationToken.None).GetAwaiter().GetResult();
            keys.Dispose();
            var rows = SimFrames.ReadRows(answer.Rows);
            answer.Rows?.Dispose();
            var reply = rows is [var row]
                ? new KeyReply { Version = row.Version, Value = row.Value, AppliedOffset = answer.AppliedOffset.Value }
                : new KeyReply { Version = KeyOperation.Absent, AppliedOffset = answer.AppliedOffset.Value };
            Network.Send(name, client.Name, reply.ToString(), () => done(reply));
        }
    }, () => done(new KeyReply { Error = GridErrorCode.UnknownNode }));

    public void Dispose()
    {
        foreach (var node in _nodes.Values)
            node.Dispose();
    }

    private static KeyReply Reply(PendingWrite write)
    {
        if (write.Refusal is { Code: GridErrorCode.VersionConflict } conflict)
            return new KeyReply { Conflict = true, Version = conflict.Detail };
        return new KeyReply { Error = write.Refusal?.Code, BaseOffset = write.BaseOffset.Value, EndOffset = write.EndOffset.Value };
    }

    private void Stepped(SimNode node, Exception? error)
    {
        if (error is IOException or GridException && node.Disk.Stopped)
        {
            Bury(node, Fault.TornWrite);
            return;
        }

        if (error is IOException or GridException { InnerException: IOException })
        {
            // A flush that fails while the engine opens: it does not, and is tried again.
            Bury(node, Fault.Kill);
            return;
        }

        if (error is not null)
            ExceptionDispatchInfo.Throw(error);
        if (!node.IsOpen)
            return;
        node.Stepped();
        if (node.Disk.Stopped)
        {
            Bury(node, Fault.TornWrite);
            return;
        }

        Epochs.Observe(node);
        if (node.HasFailed)
        {
            // An engine whose disk failed is opened again: its grain does that. What it would show beyond its watermark may be half cut off, and is not looked at.
            Bury(node, Fault.Kill);
            return;
        }

        Commits.Observe(node);
        if (node.Replica.IsComplete && Store.Current.Record.InSync.Contains(node.Node))
            _damaged.Remove(node.Node);
    }

    private void Bury(SimNode node, Fault how)
    {
        Crash(node.Node, how);
        Scheduler.After(200, () =>
        {
            if (!node.Process.IsUp)
                Start(node.Node);
        });
    }

    /// <summary>Calls for the bucket come all the time, so it is placed where the record says, or else where it may be.</summary>
    private void Place() => Scheduler.After(PlacementMs, () =>
    {
        var record = Store.Current.Record;
        if (record.Leader is not { } leader || !Lives(leader))
        {
            if (record.Replicas.Where(node => record.InSync.Contains(node) && Lives(node)).Cast<NodeName?>().FirstOrDefault() is { } next && _nodes[next] is { IsOpen: true, Replica.Role: ReplicaRole.Following })
                TakeLead(next);
        }
        else if (_nodes[leader] is { IsOpen: true, Replica.Role: ReplicaRole.Following })
        {
            TakeLead(leader);
        }

        Place();
    });

    /// <summary>Leaders look at records that others have changed: what a node's sweep does from time to time.</summary>
    private void Sweep() => Scheduler.After(SweepMs, () =>
    {
        foreach (var node in _nodes.Values)
            if (node.Leads && node.Replica.Term!.Tag != Store.Current.Tag)
                node.Process.After(0, () => node.Post(static replica => replica.LookAtRecord()));
        Sweep();
    });

    private bool Lives(NodeName node)
    {
        var process = Network[node];
        if (!process.IsFrozen)
            _frozenSince.Remove(node);
        else if (_frozenSince.TryAdd(node, Scheduler.Now) || Scheduler.Now - _frozenSince[node] < TimeSpan.FromMilliseconds(EvictionMs))
            return process.IsUp;
        return process.IsUp && !process.IsFrozen;
    }
}
