using Grid.Abstractions;
using Grid.Storage.Remote;
using Grid.Storage.Tests.Buckets;

namespace Grid.Storage.Tests.Remote;

/// <summary>Two replicas of one bucket that lead in turn, over a store that loses calls and answers and does things late; every committed offset can be read on the leader, once, at every moment.</summary>
public sealed class RemoteFaultTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    public async Task No_committed_offset_is_lost_or_doubled_whatever_the_store_does(int firstSeed)
    {
        for (var seed = firstSeed; seed < firstSeed + 25; seed++)
            await RunAsync(seed, faults: 0.25, killedAt: (int.MaxValue, false));
    }

    [Fact]
    public async Task A_leader_may_die_at_every_call()
    {
        for (var call = 0; call < 40; call++)
            foreach (var after in new[] { false, true })
                await RunAsync(seed: call, faults: 0, killedAt: (call, after));
    }

    private static async Task RunAsync(int seed, double faults, (int Call, bool After) killedAt)
    {
        var random = new Random(seed);
        var (objects, late) = (new MemoryObjects(), new List<Func<Task>>());
        FaultyObjects[] stores = [new(objects, random, faults, late) { KilledAt = killedAt }, new(objects, random, faults, late)];
        await using var first = await RemoteLog.OpenAsync(stores[0]);
        await using var second = await RemoteLog.OpenAsync(stores[1]);
        RemoteLog[] logs = [first, second];
        var (leader, epoch, next) = (0, 1, 0L);
        var expires = seed % 3 == 0;
        for (var step = 0; step < 40; step++)
        {
            switch (random.Next(7))
            {
                case 0 or 1:
                    foreach (var log in logs)
                        await log.Bucket.AppendAsync(LogTable.Frame(next));
                    next++;
                    break;
                case 2:
                    logs[random.Next(2)].Roll();
                    break;
                case 3 or 4:
                    // Also one that was deposed tries.
                    var deposed = random.Next(4) == 0;
                    await TryAsync(() => logs[deposed ? 1 - leader : leader].CopyAsync(deposed ? epoch - 1 : epoch, new RemoteRetention(0, expires ? 4000 : 0)));
                    break;
                case 5:
                    await TryAsync(() => logs[random.Next(2)].CutAsync());
                    break;
                default:
                    (leader, epoch) = (1 - leader, epoch + 1);
                    stores[0].KilledAt = (int.MaxValue, false); // it came back
                    break;
            }

            await RequireAllAsync(objects, logs[leader], expires, next);
        }

        // A store that works again: what is due is done, and what is nobody's goes.
        var healthy = new RemoteBucket(new RemoteStorage(objects, new RemoteOptions { CopyBytesPerSecond = 0 }, logs[leader].Bucket.Time), LogTable.Bucket);
        logs[leader].Roll();
        await logs[leader].Bucket.AppendAsync(LogTable.Frame(next++));
        logs[leader].Bucket.Engine.Log.Settle();
        Assert.Equal(RemoteStepKind.Idle, await healthy.RunAsync(logs[leader].Bucket.Engine.Log, new LeaderEpoch(epoch + 1), default, default));
        Assert.Equal(next - 1, healthy.Manifest!.End.Value);
        Assert.Equal(1 + (2 * healthy.Manifest.Segments.Length), objects.Names.Count);
        await RequireAllAsync(objects, logs[leader], expires, next);
    }

    /// <summary>What the store has and the log has together: all rows, or all from where nothing has expired, each once, as it was written.</summary>
    private static async Task RequireAllAsync(MemoryObjects objects, RemoteLog log, bool expires, long end)
    {
        // A reader of its own, over the store as it is, so that faults of the reading do not hide any of the copying.
        using var storage = new RemoteStorage(objects, new RemoteOptions(), log.Bucket.Time);
        var (before, engine) = (log.Bucket.Engine.History, log.Bucket.Engine);
        var remote = new RemoteBucket(storage, LogTable.Bucket);
        engine.History = new RemoteHistory(remote);
        try
        {
            var earliest = (await engine.FindOffsetAsync(new OffsetQuery { Place = OffsetPlace.Earliest }, default)).Value;
            Assert.True(earliest == 0 || (expires && earliest <= remote.Manifest!.Start.Value), $"The first offset that can be read is {earliest}.");
            Assert.Equal(Enumerable.Range((int)earliest, (int)(end - earliest)).Select(i => (long)i), end == earliest ? [] : await log.Bucket.ReadIdsAsync(earliest));
        }
        finally
        {
            engine.History = before;
        }
    }

    private static async Task TryAsync(Func<Task> tryAsync)
    {
        try
        {
            await tryAsync();
        }
        catch (GridException failure) when (failure.Code == GridErrorCode.StorageFailed)
        {
            // The store; it is asked again later.
        }
    }
}
