using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Log;
using Grid.Storage.Objects;
using Grid.Storage.Replication;
using Grid.Storage.Tests.Buckets;
using Grid.Testing.Files;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Replication;

/// <summary>A replica that remembers nothing asks the record whom to follow.</summary>
public sealed class StrangerTests : IDisposable
{
    private static readonly NodeName Self = new("b");
    private readonly FaultyFileStore _files = new(1);
    private readonly RecordOutbox _outbox = new();
    private readonly BucketLog _log;
    private BucketReplica _replica;

    public StrangerTests()
    {
        _log = BucketLog.Open(_files, "/bucket/log", LogSettings.From(LogTable.Table, FlushPolicy.Os), 0, LogOffset.Zero);
        _replica = Open();
    }

    public void Dispose()
    {
        _replica.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void A_deposed_leader_is_not_followed()
    {
        // It was a replica of epoch 5, the bucket moved away at epoch 7, and it deleted what it had.
        var answer = Align("a", 5);
        Assert.Null(answer());
        _replica.OnRecordRead(_outbox.Reads.Single(), Record(7, "c", "c", "d"), failed: false);
        Assert.Equal((ReplicaOutcome.StaleEpoch, 7), (answer()!.Outcome, answer()!.Epoch.Value));
        Assert.Null(ReplicaState.Read(_files, "/bucket"));
    }

    [Fact]
    public void Who_is_not_named_follows_nobody()
    {
        var answer = Align("c", 7);
        _replica.OnRecordRead(_outbox.Reads.Single(), Record(7, "c", "c", "d"), failed: false);
        Assert.Equal(ReplicaOutcome.Failed, answer()!.Outcome);
    }

    [Fact]
    public void Who_is_named_follows_and_asks_no_more()
    {
        var first = Align("c", 7);
        var second = Align("a", 5);
        _replica.OnRecordRead(_outbox.Reads.Single(), Record(7, "c", "c", "b"), failed: false);
        Assert.Equal((ReplicaOutcome.Accepted, ReplicaOutcome.StaleEpoch), (first()!.Outcome, second()!.Outcome));
        Assert.Equal(ReplicaOutcome.Accepted, Align("c", 7)()!.Outcome);
        _replica.Dispose();
        _replica = Open();
        Assert.Equal(ReplicaOutcome.StaleEpoch, Align("a", 5)()!.Outcome);
        Assert.Equal(ReplicaOutcome.Accepted, Align("c", 8)()!.Outcome);
        Assert.Single(_outbox.Reads);
    }

    [Fact]
    public void Without_the_record_nobody_is_followed()
    {
        var answer = Align("c", 7);
        _replica.OnRecordRead(_outbox.Reads.Single(), null, failed: true);
        Assert.Equal(ReplicaOutcome.Failed, answer()!.Outcome);
        var again = Align("c", 7);
        Assert.Equal(2, _outbox.Reads.Count);
        _replica.Close();
        Assert.NotEqual(ReplicaOutcome.Accepted, again()!.Outcome);
    }

    private BucketReplica Open() => new(
        new ReplicaContext
        {
            Self = Self,
            Options = new ReplicaOptions(),
            Time = new ManualTimeProvider(),
            Outbox = _outbox,
            Files = _files,
            Folder = "/bucket",
            Table = LogTable.Table,
        },
        ReplicaState.Read(_files, "/bucket"), _log, null, new CommittedFrames(_log, null, new WatermarkSignal()), NoOutbox.Instance);

    private Func<ReplicaAnswer?> Align(string leader, int epoch)
    {
        ReplicaAnswer? answer = null;
        _replica.Align(new AlignRequest { Epoch = new LeaderEpoch(epoch), Leader = new NodeName(leader), StartOffset = default, EndOffset = default, History = [] }, given => answer = given);
        return () => answer;
    }

    private static VersionedRecord Record(int epoch, string leader, params string[] replicas) => new(
        new BucketRecord { Epoch = new LeaderEpoch(epoch), Leader = new NodeName(leader), Replicas = RebalancePlanTests.Names(replicas), InSync = RebalancePlanTests.Names(replicas) }, new ObjectTag("1"));

    /// <summary>Notes who asks for the record.</summary>
    private sealed class RecordOutbox : IReplicaOutbox
    {
        public List<long> Reads { get; } = [];

        public void ReadRecord(long call) => Reads.Add(call);

        public bool TryTakeCredit(int bytes) => true;

        public void Align(NodeName to, AlignRequest request, long call)
        {
        }

        public void Push(NodeName to, PushRequest request, long call)
        {
        }

        public void ReplaceRecord(VersionedRecord expected, BucketRecord next, long call)
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
    }
}
