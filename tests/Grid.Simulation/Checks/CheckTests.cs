using Grid.Abstractions;
using Grid.Simulation.History;
using Grid.Simulation.Toy;

namespace Grid.Simulation.Checks;

/// <summary>Each checker on the smallest history that breaks its promise, and on the one beside it that does not.</summary>
public sealed class CheckTests
{
    private static readonly NodeName A = new("a");
    private static readonly NodeName B = new("b");
    private static readonly FrameId[] Log = [Frame(0, 1, 0), Frame(1, 1, 1), Frame(2, 2, 0)];

    [Fact]
    public void An_acknowledged_append_is_missed() => Fails("Lost", () => AppendCheck.Check(Log[..2], [Append(0, 1, 0), Append(1, 1, 1), Append(2, 2, 0)]));

    [Fact]
    public void A_frame_at_another_place_than_acknowledged_is_seen() => Fails("it stands at", () => AppendCheck.Check(Log, [Append(0, 1, 0), Append(2, 1, 1), Append(2, 2, 0)]));

    [Fact]
    public void A_frame_that_is_there_twice_is_seen() => Fails("a second time", () => AppendCheck.Check([.. Log, Log[0] with { BaseOffset = 3, EndOffset = 4 }], []));

    [Fact]
    public void A_writers_frame_out_of_order_is_seen() => Fails("follows its writer's sequence", () => AppendCheck.Check([Frame(0, 1, 1), Frame(1, 1, 0)], []));

    [Fact]
    public void A_frame_that_nobody_sent_is_seen() => Fails("nobody sent", () => AppendCheck.Check(Log, [Append(0, 1, 0), Append(1, 1, 1)]));

    [Fact]
    public void What_was_acknowledged_and_what_is_open_may_stand_in_the_log()
    {
        var open = Append(2, 2, 0);
        open.CompletedAt = null;
        AppendCheck.Check(Log, [Append(0, 1, 0), Append(1, 1, 1), open]);
        AppendCheck.Check(Log[..2], [Append(0, 1, 0), Append(1, 1, 1), open]);
    }

    [Fact]
    public void Two_values_below_two_watermarks_are_seen()
    {
        var check = new CommitCheck();
        check.Observe(Replica(A, 2, Log));
        check.Observe(Replica(B, 1, Log[0], Frame(1, 9, 9)));
        Fails("although", () => check.ObserveFinal(Replica(B, 0, Log[0])));
        Fails("was committed", () => check.Observe(Replica(B, 2, Log[0], Frame(1, 9, 9))));
    }

    [Fact]
    public void A_watermark_that_falls_is_seen()
    {
        var check = new CommitCheck();
        check.Observe(Replica(A, 2, Log));
        Fails("fell", () => check.Observe(Replica(A, 1, Log)));
        check.Restarted(A);
        check.Observe(Replica(A, 1, Log));
    }

    [Fact]
    public void A_record_whose_epoch_falls_is_seen()
    {
        var check = new EpochCheck();
        check.Observe(Record(2, A));
        Fails("fell", () => check.Observe(Record(1, A)));
        Fails("named", () => check.Observe(Record(2, B)));
    }

    [Fact]
    public void A_read_beyond_the_final_log_a_hole_and_a_stale_leader_are_seen()
    {
        Fails("final log", () => Reads([], Read(0, [Frame(0, 9, 9)], 1)));
        Fails("hole", () => Reads([], Read(0, [Log[0], Log[2]], 3)));
        Fails("above the watermark", () => Reads([], Read(0, [Log[0]], 0)));
        Fails("Stale", () => Reads([Append(1, 1, 1)], Read(0, [Log[0]], 1)));
        Reads([Append(1, 1, 1)], Read(0, [Log[0]], 2));
    }

    [Fact]
    public void A_changelog_that_does_not_fold_is_seen()
    {
        Fails("where the row is", () => Fold(new KeyChange(ChangeKind.Insert, 1, 10, 0), new KeyChange(ChangeKind.Insert, 1, 11, 1)));
        Fails("where the row is", () => Fold(new KeyChange(ChangeKind.Insert, 1, 10, 0), new KeyChange(ChangeKind.UpdateBefore, 1, 12, 1)));
        Fails("where the row is", () => Fold(new KeyChange(ChangeKind.Delete, 1, 10, 0)));
        var changes = Fold(new KeyChange(ChangeKind.Insert, 1, 10, 0), new KeyChange(ChangeKind.UpdateBefore, 1, 10, 1), new KeyChange(ChangeKind.UpdateAfter, 1, 11, 2));
        TableFold.Check(A, changes, 3, [new KeyRow(1, 11, 2)]);
        TableFold.Check(A, changes, 1, [new KeyRow(1, 10, 0)]);
        Fails("folds to", () => TableFold.Check(A, changes, 3, [new KeyRow(1, 10, 0)]));
    }

    [Fact]
    public void Two_compare_and_sets_of_one_version_are_seen()
    {
        KeyChange[] changes = [new(ChangeKind.Insert, 1, 10, 0), new KeyChange(ChangeKind.UpdateAfter, 1, 11, 2), new KeyChange(ChangeKind.UpdateAfter, 1, 12, 4)];
        KeyOperation[] good = [Cas(10, -1, 0, 0, 1), Cas(11, 0, 1, 2, 3), Cas(12, 2, 3, 4, 5)];
        KeyCheck.Check(changes, good);
        Fails("replaced version", () => KeyCheck.Check(changes, [good[0], good[1], Cas(12, 0, 3, 4, 5)]));
        Fails("nobody wrote", () => KeyCheck.Check(changes, good[..2]));
        Fails("Lost", () => KeyCheck.Check(changes[..2], good));
    }

    [Fact]
    public void A_read_of_the_past_is_seen()
    {
        KeyChange[] changes = [new(ChangeKind.Insert, 1, 10, 0), new KeyChange(ChangeKind.UpdateAfter, 1, 11, 2)];
        KeyOperation[] writes = [Cas(10, -1, 0, 0, 10), Cas(11, 0, 1, 20, 30)];
        KeyCheck.Check(changes, [.. writes, Lookup(0, 10, 1, 15, 25)]);
        KeyCheck.Check(changes, [.. writes, Lookup(0, 10, 1, 25, 40)]);
        Fails("Not linearizable", () => KeyCheck.Check(changes, [.. writes, Lookup(0, 10, 1, 35, 40)]));
        Fails("At that applied offset", () => KeyCheck.Check(changes, [.. writes, Lookup(0, 10, 3, 25, 40)]));
    }

    private static void Fails(string with, Action check) => Assert.Contains(with, Assert.Throws<CheckFailedException>(check).Message, StringComparison.Ordinal);

    private static FrameId Frame(long offset, long writer, int sequence) => new(offset, offset + 1, 1, writer, sequence, (ulong)((writer * 100) + sequence));

    private static AppendOperation Append(long offset, long writer, int sequence) => new()
    {
        Writer = writer,
        Sequence = sequence,
        Hash = (ulong)((writer * 100) + sequence),
        InvokedAt = TimeSpan.Zero,
        CompletedAt = TimeSpan.FromMilliseconds(1),
        BaseOffset = offset,
        EndOffset = offset + 1,
    };

    private static ToyNode Replica(NodeName name, long watermark, params FrameId[] log)
    {
        var node = new ToyNode(name);
        node.Log.AddRange(log);
        node.Advance(watermark);
        return node;
    }

    private static BucketRecord Record(int epoch, NodeName leader) => new() { Epoch = new LeaderEpoch(epoch), Leader = leader, Replicas = [A, B], InSync = [A, B] };

    private static LogObservation Read(long from, FrameId[] frames, long watermark) => new(A, true, TimeSpan.FromMilliseconds(2), from, frames, watermark);

    private static void Reads(AppendOperation[] appends, LogObservation read)
    {
        var history = new RunHistory();
        history.Appends.AddRange(appends);
        history.Reads.Add(read);
        PrefixCheck.Check(Log, history);
    }

    private static KeyChange[] Fold(params KeyChange[] changes)
    {
        var fold = new TableFold();
        foreach (var change in changes)
            fold.Add(change);
        return changes;
    }

    private static KeyOperation Cas(long value, long expected, long offset, double invokedMs, double completedMs) => new()
    {
        Kind = KeyOperationKind.CompareAndSet,
        Key = 1,
        Value = value,
        Expected = expected,
        BaseOffset = offset,
        EndOffset = offset + (expected < 0 ? 1 : 2),
        Outcome = KeyOutcome.Done,
        InvokedAt = TimeSpan.FromMilliseconds(invokedMs),
        CompletedAt = TimeSpan.FromMilliseconds(completedMs),
    };

    private static KeyOperation Lookup(long version, long value, long applied, double invokedMs, double completedMs) => new()
    {
        Kind = KeyOperationKind.Lookup,
        Key = 1,
        Version = version,
        Seen = value,
        AppliedOffset = applied,
        AsLeader = true,
        Outcome = KeyOutcome.Done,
        InvokedAt = TimeSpan.FromMilliseconds(invokedMs),
        CompletedAt = TimeSpan.FromMilliseconds(completedMs),
    };
}
