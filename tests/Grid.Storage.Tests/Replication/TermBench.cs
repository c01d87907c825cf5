using System.Collections.Immutable;
using System.Globalization;
using Grid.Abstractions;
using Grid.Storage.Log;
using Grid.Storage.Objects;
using Grid.Storage.Replication;
using Grid.Storage.Tests.Buckets;
using Grid.Testing.Files;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Replication;

/// <summary>
/// Leaderships of one bucket whose log is empty, one after the other, over a record that changes by compare-and-swap; followers answer as they are told to. Calls are answered by <see cref="Run"/>, oldest first.
/// </summary>
internal sealed class TermBench : IReplicaOutbox, IDisposable
{
    private readonly Queue<Action> _calls = new();
    private readonly BucketLog _log;
    private readonly TableInfo _table;
    private int _tags = 1;
    private NodeName? _heir;

    public TermBench(TableOptions options, BucketRecord record)
    {
        _table = LogTable.Of(options with { Flush = FlushPolicy.Os }, LogTable.Schema);
        _log = BucketLog.Open(new FaultyFileStore(1), "/log", LogSettings.From(_table, FlushPolicy.Os), 0, LogOffset.Zero);
        Store = new VersionedRecord(record, new ObjectTag("1"));
        Lead(record.Leader!.Value);
    }

    public ManualTimeProvider Time { get; } = new();

    /// <summary>The record in the object store.</summary>
    public VersionedRecord Store { get; private set; }

    public BucketRecord Record => Store.Record;

    public LeaderTerm Term { get; private set; } = null!;

    public NodeName Leader { get; private set; }

    /// <summary>Nodes that answer nobody.</summary>
    public HashSet<string> Silent { get; } = [];

    /// <summary>Whether whoever is asked takes the lead over.</summary>
    public bool HeirsTakeOver { get; set; } = true;

    /// <summary>Whom the lead was offered to.</summary>
    public List<string> Offers { get; } = [];

    /// <summary>Nodes that were told that they are no replicas any more.</summary>
    public List<string> Released { get; } = [];

    public ReplicaOptions Options { get; } = new() { PreferredLeaderAfterMs = 60_000 };

    /// <summary>A node begins to lead at the record's epoch, as its take-over left it.</summary>
    public void Lead(NodeName node)
    {
        _calls.Clear();
        _heir = null;
        Leader = node;
        Term = new LeaderTerm(Store, _log, new ReplicaContext
        {
            Self = node,
            Options = Options,
            Time = Time,
            Outbox = this,
            Files = new FaultyFileStore(1),
            Folder = "/bucket",
            Table = _table,
        }, heardAt: null);
        Term.Tick();
    }

    /// <summary>The next node takes over: the epoch rises.</summary>
    public void TakeOver(NodeName node)
    {
        Assert.Contains(node, Record.InSync);
        Replace(Record with { Epoch = new LeaderEpoch(Record.Epoch.Value + 1), Leader = node });
        Lead(node);
    }

    /// <summary>Somebody who does not lead changes the record, and tells the leader.</summary>
    public void SetTarget(params string[] target)
    {
        Replace(Record with { Target = RebalancePlanTests.Names(target) });
        Term.LookAtRecord();
    }

    /// <summary>Answers calls until there are none, and looks at the clock; false: it was stopped after so many.</summary>
    public bool Run(int callsMax = int.MaxValue)
    {
        for (var ticks = 0; ticks < 6; ticks++)
        {
            while (_calls.TryDequeue(out var call))
            {
                if (callsMax-- == 0)
                    return false;
                call();
                var heir = _heir;
                _heir = null;
                if (heir is { } next && HeirsTakeOver)
                    TakeOver(next);
            }

            Term.Tick();
        }

        return true;
    }

    public void Pass(int milliseconds)
    {
        Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Run();
    }

    public void Align(NodeName to, AlignRequest request, long call) => Answer(to, call);

    public bool TryTakeCredit(int bytes) => true;

    public void Push(NodeName to, PushRequest request, long call) => Answer(to, call);

    public void ReplaceRecord(VersionedRecord expected, BucketRecord next, long call)
    {
        var term = Term;
        _calls.Enqueue(() =>
        {
            var won = expected.Tag == Store.Tag;
            if (won)
            {
                Assert.Null(RecordRules.FindProblem(Record, next));
                Replace(next);
            }

            if (term == Term)
                term.OnRecordReplaced(call, won ? Store : null, unknown: false);
        });
    }

    public void ReadRecord(long call)
    {
        var term = Term;
        _calls.Enqueue(() =>
        {
            if (term == Term)
                term.OnRecordRead(call, Store, failed: false);
        });
    }

    public void HandOver(NodeName to, LeaderEpoch epoch) => _calls.Enqueue(() =>
    {
        Offers.Add(to.Value);
        if (!Silent.Contains(to.Value))
            _heir = to;
    });

    public void Release(NodeName former) => Released.Add(former.Value);

    public void Refill(NodeName replica, string reason) => Assert.Fail("Nothing was deleted.");

    public void WakeAfter(int delayMs)
    {
    }

    public void Dispose() => _log.Dispose();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Leader} leads; {Record}");

    private void Answer(NodeName to, long call)
    {
        var term = Term;
        _calls.Enqueue(() =>
        {
            if (term != Term)
                return;
            if (Silent.Contains(to.Value))
                term.OnFailed(to, call, unreachable: true);
            else
                term.OnAnswer(to, call, new ReplicaAnswer { Outcome = ReplicaOutcome.Accepted, Epoch = term.Epoch, EndOffset = LogOffset.Zero });
        });
    }

    private void Replace(BucketRecord next) => Store = new VersionedRecord(next, new ObjectTag((++_tags).ToString(CultureInfo.InvariantCulture)));
}
