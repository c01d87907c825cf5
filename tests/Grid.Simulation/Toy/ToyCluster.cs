using Grid.Abstractions;
using Grid.Simulation.Clients;
using Grid.Simulation.History;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;

namespace Grid.Simulation.Toy;

/// <summary>
/// A primary and its backups without epochs: whoever is told to leads, a frame is acknowledged when one backup has it, and backups believe every primary. It keeps its promises while nothing goes
/// wrong, and breaks them under faults: the checkers must see that.
/// </summary>
internal sealed class ToyCluster : ISimCluster, IBucketPort
{
    private readonly Dictionary<NodeName, ToyNode> _nodes = [];
    private readonly SimScheduler _scheduler;
    private readonly SimDisk _disk = new(new SimRandom(1));
    private NodeName _announced;

    public ToyCluster(SimScheduler scheduler, int nodes, Action<ToyNode> observe)
    {
        _scheduler = scheduler;
        Network = new SimNetwork(scheduler);
        Nodes = [.. Enumerable.Range(1, nodes).Select(i => new NodeName($"n{i}"))];
        Store = new SimRecordStore(scheduler, Network, new BucketRecord { Epoch = default, Replicas = [.. Nodes], InSync = [.. Nodes] });
        foreach (var name in Nodes)
        {
            var node = _nodes[name] = new ToyNode(name);
            var process = new SimProcess(scheduler, name)
            {
                Stepped = error =>
                {
                    if (error is not null)
                        throw error;
                    observe(node);
                },
            };
            Network.Add(process);
            process.Start();
        }

        TakeLead(Nodes[0]);
    }

    public SimScheduler Scheduler => _scheduler;

    public IReadOnlyList<NodeName> Nodes { get; }

    public SimNetwork Network { get; }

    public SimRecordStore Store { get; }

    public ToyNode Leader => _nodes[_announced];

    public IEnumerable<ToyNode> All => _nodes.Values;

    /// <summary>A disk that the toy does not use: its logs outlive everything.</summary>
    public SimDisk Disk(NodeName node) => _disk;

    public bool CanLoseDisk(NodeName node) => false;

    public void Crash(NodeName node, Fault how)
    {
        Network[node].Kill();
        _nodes[node].Leads = false;
        if (_announced == node)
            _scheduler.After(200, () => TakeLead(Nodes.FirstOrDefault(other => Network[other].IsUp, Nodes[0])));
    }

    public void Start(NodeName node) => Network[node].Start();

    public void TakeLead(NodeName node)
    {
        _nodes[node].Leads = true;
        _announced = node;
        _scheduler.Note($"{node} leads");
    }

    public void FindLeader(SimProcess client, Action<NodeName?> done) => client.After(1, () => done(_announced));

    public void Append(SimProcess client, NodeName name, AppendOperation operation, Action<AppendReply> done) => Network.Send(client.Name, name, operation.ToString(), () =>
    {
        var node = _nodes[name];
        var index = node.Log.FindIndex(frame => frame.Hash == operation.Hash);
        if (!node.Leads || (index < 0 && operation.Sequence != node.Log.Count(frame => frame.Writer == operation.Writer)))
        {
            Network.Send(name, client.Name, "refused", () => done(new AppendReply(GridErrorCode.NotLeader, 0, 0)));
            return;
        }

        if (index < 0)
        {
            index = node.Log.Count;
            node.Log.Add(new FrameId(node.End, node.End + 1, 0, operation.Writer, operation.Sequence, operation.Hash));
        }

        var frame = node.Log[index];
        foreach (var backup in Nodes.Where(other => other != name))
            Network.Send(name, backup, frame.ToString(), () => Take(backup, name, frame, () => Network.Send(name, client.Name, $"done {frame}", () => done(new AppendReply(null, frame.BaseOffset, frame.EndOffset)))));
    });

    public void Fetch(SimProcess client, NodeName name, long from, bool fromLeader, Action<FetchReply> done) => Network.Send(client.Name, name, $"fetch {from}", () =>
    {
        var node = _nodes[name];
        var watermark = node.HighWatermark.Value;
        var frames = node.Log.Where(frame => frame.EndOffset > from && frame.EndOffset <= watermark).Take(20).ToList();
        var reply = fromLeader && !node.Leads
            ? new FetchReply(GridErrorCode.NotLeader, [], from, 0)
            : new FetchReply(null, frames, frames.Count > 0 ? frames[^1].EndOffset : from, watermark);
        Network.Send(name, client.Name, $"{frames.Count} frames", () => done(reply));
    });

    public void Write(SimProcess client, NodeName node, long writer, int sequence, KeyOperation operation, Action<KeyReply> done) => throw new NotSupportedException("The toy has no keys.");

    public void Lookup(SimProcess client, NodeName node, long key, bool fromLeader, Action<KeyReply> done) => throw new NotSupportedException("The toy has no keys.");

    private void Take(NodeName name, NodeName primary, FrameId frame, Action acknowledge)
    {
        var node = _nodes[name];
        if (!node.Take(frame))
            return;
        node.Advance(frame.EndOffset);
        Network.Send(name, primary, $"has {frame}", () =>
        {
            _nodes[primary].Advance(frame.EndOffset);
            acknowledge();
        });
    }
}
