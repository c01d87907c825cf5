using Grid.Abstractions;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Tiering;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Lake.Tiering;

public sealed class TierBacklogTests
{
    private const long FreshnessMs = 10_000;
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Rows_wait_for_the_freshness_from_when_they_were_reported()
    {
        var backlog = new TierBacklog(_time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(backlog.IsDue(FreshnessMs));
        backlog.Report(2, new LogOffset(5));
        Assert.False(backlog.IsDue(FreshnessMs));
        _time.Advance(TimeSpan.FromMilliseconds(FreshnessMs - 1));
        backlog.Report(1, new LogOffset(3));
        Assert.False(backlog.IsDue(FreshnessMs));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(backlog.IsDue(FreshnessMs));
        Assert.Equal([1, 2], backlog.Behind());
    }

    [Fact]
    public void What_is_in_the_lake_is_no_backlog_and_older_reports_say_nothing()
    {
        var backlog = new TierBacklog(_time);
        backlog.Report(0, new LogOffset(5));
        backlog.Report(0, new LogOffset(4));
        Assert.Equal((LogOffset.Zero, new LogOffset(5)), backlog.Of(0));
        backlog.Commit(LakeOffsets.None.With(new LakeBucket(new PartitionId(0), 0), new LogOffset(5)));
        Assert.True(backlog.IsEmpty);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(backlog.IsDue(FreshnessMs));
        backlog.Report(0, new LogOffset(6));
        Assert.False(backlog.IsEmpty);
    }

    [Fact]
    public void A_bucket_in_doubt_is_asked_and_one_that_nobody_used_is_not()
    {
        var backlog = new TierBacklog(_time);
        backlog.Doubt(3);
        Assert.Equal([3], backlog.Behind());
        Assert.Equal((LogOffset.Zero, null), backlog.Of(3));
        backlog.Report(3, LogOffset.Zero);
        Assert.True(backlog.IsEmpty);
    }

    [Fact]
    public void A_round_that_is_asked_for_is_due_once()
    {
        var backlog = new TierBacklog(_time);
        backlog.Ask();
        Assert.True(backlog.IsDue(FreshnessMs));
        backlog.Begin();
        Assert.False(backlog.IsDue(FreshnessMs));
    }
}
