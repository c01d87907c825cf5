using Grid.Abstractions;
using Grid.Simulation.Checks;
using Grid.Simulation.Clients;
using Grid.Simulation.History;
using Grid.Simulation.Kit;
using Grid.Simulation.Runs;
using Grid.Storage;
using Grid.Storage.Buckets;
using Grid.Storage.Log;
using Grid.Storage.Replication;

namespace Grid.Simulation.Cluster;

/// <summary>A node with one replica: the real log, shard, writer and replication machine over a simulated disk, network, clock and object store.</summary>
internal sealed class SimNode : IReplicaView, IReplicaOutbox, IReplicaObserver, IDisposable
{
    private const string Folder = "/data/buckets/1/0/0";
    private readonly SimCluster _cluster;
    private readonly List<(PendingWrite Write, Action<PendingWrite> Done)> _waiting = [];
    private readonly SimShardFolder? _shard;
    private readonly SimRandom _random;
    private readonly SimRandom _rolls;
    private StorageNode? _storage;
    private BucketParts? _parts;
    private ITimer? _timer;
    private Guid _boot;
    private int _boots;

    public SimNode(SimCluster cluster, SimProcess process)
    {
        _cluster = cluster;
        Process = process;
        _random = cluster.Scheduler.Random.Fork($"node {process.Name}");
        _rolls = cluster.Scheduler.Random.Fork($"rolls {process.Name}");
        Disk = new SimDisk(cluster.Scheduler.Random.Fork($"disk {process.Name}"));
        _shard = cluster.Table.HasPrimaryKey ? new SimShardFolder(process.Name.Value) : null;
        NewBoot();
    }

    public SimProcess Process { get; }

    public SimDisk Disk { get; }

    public NodeName Node => Process.Name;

    public BucketReplica Replica => _parts!.Replica;

    public bool IsOpen => _parts is not null;

    public bool Leads => IsOpen && Replica.Role == ReplicaRole.Leading;

    public LeaderEpoch Epoch => Replica.Epoch;

    public LogOffset StartOffset => Log.StartOffset;

    public LogOffset EndOffset => Log.EndOffset;

    public LogOffset HighWatermark => Log.HighWatermark;

    public bool HasFailed => IsOpen && Log.Failure is not null;

    public BucketLog Log => _parts!.Log;

    public BucketParts Parts => _parts!;

    /// <summary>Reads as a push does, a few frames at a time: a walk would read far ahead for each.</summary>
    public IEnumerable<FrameId> ReadFrames(LogOffset from)
    {
        const int Piece = 4096;
        while (from < Log.EndOffset)
        {
            using var block = Log.ReadForPush(from, Piece, out from);
            foreach (var frame in FramesOf(block))
                yield return frame;
        }
    }

    public IEnumerable<KeyChange> ReadChanges()
    {
        foreach (var frame in Log.ReadFrames(Log.StartOffset, Log.EndOffset))
            foreach (var change in SimFrames.ReadChanges(frame))
                yield return change;
    }

    /// <summary>All rows of the shard.</summary>
    public IEnumerable<KeyRow> ReadShard()
    {
        var shard = Parts.Shard!;
        var page = shard.OpenScanAsync(new ScanRequest { SchemaVersion = SimFrames.KeySchema.Version, Versions = true }, CancellationToken.None).GetAwaiter().GetResult();
        var rows = SimFrames.ReadRows(page.Rows);
        page.Rows?.Dispose();
        return page.ScanId == 0 ? rows : throw new InvalidOperationException("A handful of rows is one page.");
    }

    /// <summary>The process starts: recovers what the disk has.</summary>
    public void Start()
    {
        Process.Start();
        Process.Run(Process.Incarnation, Open);
    }

    /// <summary>Deletes what it has if the record does not name it any more: asks, closes the engine, asks again while nobody can open it, and only then deletes.</summary>
    public void LeaveIfUnnamed() => _cluster.Store.Read(Process, first =>
    {
        if (!IsOpen || Names(first))
            return;
        _cluster.Scheduler.Note($"{Node} closes to leave");
        Crash(Fault.Kill);
        Process.Start();
        Process.After(_random.Between(0, 200), () => _cluster.Store.Read(Process, second =>
        {
            if (Names(second))
            {
                Open();
                return;
            }

            // From here on nothing asks any more: the bucket may be added again in this moment.
            Process.After(_random.Between(0, 200), () =>
            {
                _cluster.Scheduler.Note($"{Node} leaves");
                Disk.Lose();
                _shard?.Lose();
                _cluster.Epochs.LostDisk(Node);
                Open();
            });
        }));
    });

    private bool Names(VersionedRecord? record) => record is null || record.Record.Replicas.Contains(Node) || (!record.Record.Target.IsDefaultOrEmpty && record.Record.Target.Contains(Node));

    /// <summary>The process ends; its disk and its shard become what the next one finds.</summary>
    public void Crash(Fault how)
    {
        Process.Kill();
        _shard?.Kill();
        Close();
        switch (how)
        {
            case Fault.LoseDisk:
                Disk.Lose();
                _shard?.Lose();
                NewBoot();
                break;
            case Fault.PowerOff or Fault.TornWrite:
                Disk.PowerOff();
                NewBoot();
                break;
            default:
                Disk.Kill();
                break;
        }
    }

    /// <summary>Puts an input into the bucket's loop.</summary>
    public void Post(Action<BucketReplica> input)
    {
        if (_parts is { } parts)
            parts.Writer.Loop.Post(() => input(parts.Replica));
    }

    /// <summary>Queues a write; <paramref name="done"/> runs when it has its outcome.</summary>
    public void Write(FrameBlock block, WriteRequest? request, Action<PendingWrite> done)
    {
        var write = new PendingWrite(block, IncomingFrames.Parse(block, 1), request);
        if (_parts!.Writer.Loop.TryAdd(write) != QueueOutcome.Added)
            WriteAdmission.Refuse(write, new Refusal(GridErrorCode.Busy, "full"));
        _waiting.Add((write, done));
    }

    /// <summary>Runs <paramref name="read"/> once the lease holds, or <paramref name="refused"/>.</summary>
    public void WithLease(Action read, Action refused)
    {
        var until = Process.Clock.GetTimestamp() + TimeSpan.FromMilliseconds(_cluster.Options.LeaseMs).Ticks;
        Try();

        void Try()
        {
            if (!Leads)
                refused();
            else if (Process.Clock.GetTimestamp() < Replica.Term!.LeaseUntil)
                read();
            else if (Process.Clock.GetTimestamp() >= until)
                refused();
            else
            {
                Post(static replica => replica.RenewLease());
                Process.After(20, Try);
            }
        }
    }

    /// <summary>After an event of this node: writes that have their outcome are answered.</summary>
    public void Stepped()
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var (write, done) = _waiting[i];
            if (!write.Completion.IsCompleted)
                continue;
            _waiting.RemoveAt(i--);
            done(write);
        }
    }

    public void RoleChanged(ReplicaRole role, Refusal? why) => _cluster.Scheduler.Note($"{Node} is {role} at epoch {(_parts is null ? default : Epoch)}{(why is null ? "" : ": " + why.Message)}");

    public void LeaseMayHaveChanged()
    {
    }

    public void Alarmed(string message)
    {
        _cluster.Scheduler.Note($"{Node} ALARM {message}");
        _cluster.Alarms.Add($"{Node}: {message}");
    }

    public bool TryTakeCredit(int bytes) => _random.Chance(0.98);

    public void Align(NodeName to, AlignRequest request, long call) =>
        Call(to, $"align {request.Epoch} [{request.StartOffset},{request.EndOffset}) history [{string.Join(' ', request.History)}]", call,
            (node, reply) => node.Post(replica => replica.Align(request, reply)));

    public void Push(NodeName to, PushRequest request, long call)
    {
        var bytes = request.Frames?.Memory.ToArray();
        request.Frames?.Dispose();
        Call(to, $"push {request.Epoch} from {request.BaseOffset}, {bytes?.Length ?? 0} bytes, watermark {request.HighWatermark}", call, (node, reply) =>
        {
            var block = bytes is null ? null : FrameBlock.Wrap(bytes);
            node.Post(replica =>
            {
                replica.Push(request with { Frames = block }, reply);
                block?.Dispose();
            });
        });
    }

    public void ReplaceRecord(VersionedRecord expected, BucketRecord next, long call) =>
        _cluster.Store.Replace(Process, expected, next, (outcome, record) => Post(replica => replica.OnRecordReplaced(call, record, outcome == RecordOutcome.Unknown)));

    public void ReadRecord(long call) => _cluster.Store.Read(Process, record => Post(replica => replica.OnRecordRead(call, record, record is null)));

    public void HandOver(NodeName to, LeaderEpoch epoch) => _cluster.Network.Send(Node, to, $"take over from epoch {epoch}", () => _cluster.TakeLead(to));

    public void Release(NodeName former) => _cluster.Network.Send(Node, former, "released", () => _cluster[former].LeaveIfUnnamed());

    public void Refill(NodeName replica, string reason) => throw new CheckFailedException($"{replica} wants to be refilled although nothing was deleted: {reason}");

    public void WakeAfter(int delayMs) => _timer?.Change(TimeSpan.FromMilliseconds(delayMs), Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        Close();
        _shard?.Dispose();
    }

    private static List<FrameId> FramesOf(FrameBlock block)
    {
        var frames = new List<FrameId>();
        var reader = new FrameReader(block.Memory);
        while (reader.Read())
            frames.Add(FrameId.Of(reader.Current.Header));
        return frames;
    }

    private void Call(NodeName to, string what, long call, Action<SimNode, Action<ReplicaAnswer>> receive) => _cluster.Network.Send(Node, to, what, () =>
    {
        if (_cluster[to] is { IsOpen: true } node)
            receive(node, answer => node.Process.Run(node.Process.Incarnation, () => _cluster.Network.Send(to, Node, answer.ToString(), () => Post(replica => replica.OnAnswer(to, call, answer)))));
    }, () => Post(replica => replica.OnFailed(to, call, unreachable: true)), twice: true);

    private void Open()
    {
        var incarnation = Process.Incarnation;
        _storage = new StorageNode(
            new StorageNodeOptions { DataDirectory = "/data", NodeName = Node, Replication = _cluster.Options, BlockCacheBytes = 1 << 20, WriteBufferBytes = 1 << 20 }, Process.Clock, Disk.Files)
        {
            Boot = _boot,
            Schedule = work => _cluster.Scheduler.After(
                work is BucketLoop ? TimeSpan.Zero : _rolls.Between(0, 200), () => Process.Run(incarnation, work.Execute)),
        };
        _parts = BucketParts.OpenAsync(_storage, Folder, _shard?.Path ?? "", _cluster.Table, new ReplicaWorld(Node, this, this, null)).GetAwaiter().GetResult();
        _timer = Process.Clock.CreateTimer(_ => Post(static replica => replica.Tick()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _cluster.Opened(this);
    }

    private void Close()
    {
        _waiting.Clear();
        _timer?.Dispose();
        if (_parts?.Shard is { } shard)
        {
            (_parts.Stage as IDisposable)?.Dispose();
            shard.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        _parts = null;
        _storage?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _storage = null;
    }

    private void NewBoot() => _boot = new Guid(++_boots, 1, 1, [1, 2, 3, 4, 5, 6, 7, 8]);
}
