using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Tests.Kv;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Crash;

/// <summary>The shard and its log after restarts, crashes and schema changes, and where the two no longer fit together.</summary>
public sealed class ShardRecoveryTests
{
    [Fact]
    public Task Table_changelog_and_model_are_one_under_restarts_crashes_and_schema_changes() =>
        Gen.Int.SampleAsync(async seed =>
        {
            var random = new Random(seed);
            await using var run = new ShardRun(random, FlushPolicy.Commit);
            await run.Bucket.OpenAsync();
            run.Bucket.KeepOlder();
            for (var step = 0; step < 40; step++)
            {
                switch (random.Next(16))
                {
                    case 0:
                        await run.Bucket.CloseAsync();
                        await run.Bucket.OpenAsync();
                        break;
                    case 1:
                        await run.Bucket.CrashAsync(random.Next(2) == 0, (ShardFate)random.Next(4), random.Next());
                        break;
                    case 2:
                        run.Bucket.KeepOlder();
                        break;
                    default:
                        Assert.True(await run.StepAsync(schemaChanges: true));
                        break;
                }
            }

            await run.CheckAsync();
            await run.Bucket.CrashAsync(powerLoss: true, ShardFate.Lost, random.Next());
            await run.CheckAsync();
        }, iter: 12 * ShardCrashTests.Seeds, threads: 2);

    [Fact]
    public async Task A_shard_that_is_ahead_of_its_log_is_filled_again_from_the_log()
    {
        // Flush by OS and a lost machine: the shard's files reached the disk, the log's last frames did not.
        for (var seed = 0; seed < 4; seed++)
        {
            await using var run = new ShardRun(new Random(seed), FlushPolicy.Os);
            await run.Bucket.OpenAsync();
            for (var step = 0; step < 6; step++)
                await run.StepAsync(schemaChanges: false);
            await run.Bucket.CrashAsync(powerLoss: true, ShardFate.Flushed, seed);
            var status = run.Bucket.Engine.GetStatus();
            Assert.Equal(status.LogEndOffset, status.AppliedOffset);
            var fold = (await run.Bucket.ChangesAsync()).GroupBy(change => (long)change.Row[0]!).Select(changes => changes.Last()).Count(change => change.Kind != ChangeKind.Delete);
            Assert.Equal(fold, (await run.Bucket.ScanAsync()).Count);
        }
    }

    [Fact]
    public async Task A_shard_that_is_older_than_the_logs_start_is_refused_and_nothing_is_touched()
    {
        var schema = KvFrames.Schema(["id"], new Column("id", DataType.Int64, nullable: false), new Column("text", DataType.String));
        var options = new TableOptions { SegmentBytesMax = 64 * 1024, RetentionMs = 1000, Compression = FrameCompression.None };
        await using var bucket = new CrashBucket(KvFrames.Table(schema, options), FlushPolicy.Commit, seed: 1);
        await bucket.OpenAsync();
        bucket.KeepOlder();
        for (var i = 0; i < 10; i++)
            await bucket.Engine.WriteAsync(KvFrames.Write(schema, [.. Enumerable.Range(0, 10).Select(row => new object?[] { (10L * i) + row, new string('x', 3000) })]), default);
        bucket.Advance(TimeSpan.FromHours(1));
        await bucket.Engine.ApplyRetentionAsync(null, default);
        var start = bucket.Engine.GetStatus().StartOffset;
        Assert.True(start > LogOffset.Zero);
        var rows = await bucket.ScanAsync();
        var whole = bucket.CopyShard();

        foreach (var fate in new[] { ShardFate.Older, ShardFate.Lost })
        {
            var refused = await Assert.ThrowsAsync<GridException>(() => bucket.CrashAsync(powerLoss: false, fate, seed: 1));
            Assert.Equal(GridErrorCode.StorageFailed, refused.Code);
            Assert.Contains($"the log begins at offset {start}", refused.Message, StringComparison.Ordinal);
            bucket.ReplaceShard(whole);
            await bucket.OpenAsync();
            Assert.Equal(rows, await bucket.ScanAsync());
        }
    }

    [Fact]
    public async Task A_write_that_the_log_could_not_take_is_seen_by_no_reader()
    {
        await using var run = new ShardRun(new Random(3), FlushPolicy.Commit);
        await run.Bucket.OpenAsync();
        for (var step = 0; step < 6; step++)
            await run.StepAsync(schemaChanges: false);
        var before = await run.Bucket.ScanAsync();
        var status = run.Bucket.Engine.GetStatus();
        run.Bucket.Store.BytesFree = 10;
        var schema = run.Bucket.Table.Schema;
        var request = KvFrames.Write(schema, [[1L, "never", 1, 1f, null, (short)1], [99L, "never", 1, 1f, null, (short)1]]);
        var refused = await Assert.ThrowsAsync<GridException>(() => run.Bucket.Engine.WriteAsync(request, default));
        Assert.Equal(GridErrorCode.StorageFailed, refused.Code);
        Assert.Equal(before, await run.Bucket.ScanAsync());
        Assert.Equal((status.LogEndOffset, status.AppliedOffset), (run.Bucket.Engine.GetStatus().LogEndOffset, run.Bucket.Engine.GetStatus().AppliedOffset));
        run.Bucket.Store.BytesFree = long.MaxValue;
        for (var step = 0; step < 6; step++)
            Assert.True(await run.StepAsync(schemaChanges: false));
        await run.CheckAsync();
    }
}
