using Grid.Storage.Lake.Tiering;

namespace Grid.Storage.Tests.Lake.Tiering;

public sealed class WriterTurnsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Tiering_goes_before_a_compaction_that_waited_longer()
    {
        var turns = new WriterTurns(1, TimeProvider.System);
        Assert.True(await turns.WaitAsync(Long, default));
        var compaction = turns.WaitCompactionAsync(default);
        var second = turns.WaitAsync(Long, default);
        var third = turns.WaitAsync(Long, default);

        turns.Release();
        Assert.True(await second);
        Assert.False(third.IsCompleted);
        turns.Release();
        Assert.True(await third);
        Assert.False(compaction.IsCompleted);
        turns.Release();
        await compaction;
        var fourth = turns.WaitAsync(Long, default);
        Assert.False(fourth.IsCompleted);
        turns.ReleaseCompaction();
        Assert.True(await fourth);
    }

    [Fact]
    public async Task One_compaction_at_a_time_leaves_the_other_turns_to_tiering()
    {
        var turns = new WriterTurns(3, TimeProvider.System);
        await turns.WaitCompactionAsync(default);
        var other = turns.WaitCompactionAsync(default);
        Assert.True(await turns.WaitAsync(Long, default));
        Assert.True(await turns.WaitAsync(Long, default));
        Assert.False(other.IsCompleted);

        turns.ReleaseCompaction();
        await other;
    }

    [Fact]
    public async Task Who_gives_up_leaves_its_turn_to_the_next()
    {
        var turns = new WriterTurns(1, TimeProvider.System);
        Assert.True(await turns.WaitAsync(Long, default));
        Assert.False(await turns.WaitAsync(TimeSpan.FromMilliseconds(1), default));
        using var cancel = new CancellationTokenSource();
        var cancelled = turns.WaitAsync(Long, cancel.Token);
        var compaction = turns.WaitCompactionAsync(cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => compaction);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turns.WaitAsync(Long, cancel.Token));

        turns.Release();
        Assert.True(await turns.WaitAsync(Long, default));
        turns.Release();
        await turns.WaitCompactionAsync(default);
    }
}
