using Apache.Arrow;
using Apache.Arrow.Ipc;
using Grid.Abstractions;
using Grid.Storage.Tests.Buckets;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Log;

public sealed class SegmentTests
{
    private static readonly TableInfo Table = LogTable.Of(new TableOptions { SegmentAgeMsMax = 1000 }, LogTable.Schema, LogTable.Wider);

    [Fact]
    public async Task A_sealed_segment_is_an_Arrow_file_for_other_readers()
    {
        await using var bucket = await TestBucket.OpenAsync(Table);
        for (var i = 0; i < 5; i++)
            await bucket.AppendAsync(LogTable.Frame(i * 10, rows: 3));
        await RollAsync(bucket);
        using var stream = File.OpenRead(bucket.Segments[0]);
        using var reader = new ArrowFileReader(stream);
        Assert.Equal(5, await reader.RecordBatchCountAsync());
        for (var i = 0; i < 5; i++)
        {
            using var batch = await reader.ReadRecordBatchAsync(i);
            Assert.Equal([i * 10, (i * 10) + 1, (i * 10) + 2], ((Int64Array)batch.Column("id")).Values.ToArray());
            Assert.Equal(LogTable.Text(i * 10, 10), ((StringArray)batch.Column("text")).GetString(0));
        }
    }

    [Fact]
    public async Task A_new_schema_version_and_age_roll_the_segment()
    {
        await using var bucket = await TestBucket.OpenAsync(Table, files: new FaultyFileStore(seed: 0));
        await bucket.AppendAsync(LogTable.Frame(0));
        await bucket.AppendAsync(LogTable.Frame(1, schema: LogTable.Wider), LogTable.Frame(2, schema: LogTable.Wider));
        Assert.Equal(2, bucket.Engine.GetStatus().Segments);
        await RollAsync(bucket, LogTable.Wider);
        Assert.Equal(3, bucket.Engine.GetStatus().Segments);
        await bucket.ReopenAsync();
        Assert.Equal([0, 1, 2, 99], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task One_request_may_cross_a_schema_change()
    {
        await using var bucket = await TestBucket.OpenAsync(Table, files: new FaultyFileStore(seed: 0));
        var answer = await bucket.AppendAsync(LogTable.Frame(0), LogTable.Frame(1, schema: LogTable.Wider));
        Assert.Equal((0, 2), (answer.BaseOffset.Value, answer.EndOffset.Value));
        Assert.Equal(2, bucket.Engine.GetStatus().Segments);
        Assert.Equal([0, 1], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_in_a_sealed_segment_is_found()
    {
        var store = new FaultyFileStore(seed: 0);
        string path;
        await using (var bucket = await TestBucket.OpenAsync(Table, files: store))
        {
            await bucket.AppendAsync(LogTable.Frame(0, rows: 2));
            await bucket.AppendAsync(LogTable.Frame(2, rows: 2));
            await RollAsync(bucket);
            path = bucket.Segments[0];
        }

        var length = store.Bytes(path).Length;
        for (var position = 0; position < length; position++)
        {
            store.Flip(path, position, position % 8);
            Assert.True(await IsFoundAsync(store, path), $"The flipped bit {position % 8} of byte {position} of {length} was not found.");
            store.Flip(path, position, position % 8);
        }

        Assert.False(await IsFoundAsync(store, path));
    }

    [Fact]
    public async Task The_active_segment_is_cut_at_the_first_torn_byte()
    {
        var store = new FaultyFileStore(seed: 0);
        await using (var bucket = await TestBucket.OpenAsync(Table, files: store))
            for (var i = 0; i < 3; i++)
                await bucket.AppendAsync(LogTable.Frame(i));

        var path = store.List("/faulty/buckets/1/0/0/log").Select(name => "/faulty/buckets/1/0/0/log/" + name).Single();
        var whole = store.Bytes(path);
        var frameLength = LogTable.Frame(0).Length;
        for (var cut = 1; cut <= frameLength; cut++)
        {
            var torn = store.AfterCrash(powerLoss: false, seed: 0);
            using (var file = torn.Open(path))
                file.Truncate(whole.Length - cut);
            await using var bucket = await TestBucket.OpenAsync(Table, files: torn);
            Assert.Equal([0, 1], await bucket.ReadIdsAsync());
            Assert.Equal(2, (await bucket.AppendAsync(LogTable.Frame(2))).BaseOffset.Value);
            Assert.Equal([0, 1, 2], await bucket.ReadIdsAsync());
        }
    }

    [Fact]
    public async Task A_frame_behind_a_torn_one_does_not_come_back_when_the_torn_one_is_written_again()
    {
        var store = new FaultyFileStore(seed: 0);
        string path;
        await using (var bucket = await TestBucket.OpenAsync(Table, files: store))
        {
            await bucket.AppendAsync(LogTable.Frame(0), LogTable.Frame(1));
            path = bucket.Segments[0];
        }

        store.Flip(path, store.Bytes(path).Length - LogTable.Frame(1).Length - 9, 0);
        await using var again = await TestBucket.OpenAsync(Table, files: store);
        Assert.Empty(await again.ReadIdsAsync());
        await again.AppendAsync(LogTable.Frame(0));
        await again.ReopenAsync();
        Assert.Equal([0], await again.ReadIdsAsync());
    }

    [Fact]
    public async Task A_missing_segment_is_damage_and_not_a_shorter_log()
    {
        var store = new FaultyFileStore(seed: 0);
        string middle;
        await using (var bucket = await TestBucket.OpenAsync(Table, files: store))
        {
            for (var i = 0; i < 3; i++)
                await RollAsync(bucket);
            middle = bucket.Segments[1];
        }

        store.Delete(middle);
        var refusal = await Assert.ThrowsAsync<GridException>(() => TestBucket.OpenAsync(Table, files: store));
        Assert.Equal(GridErrorCode.Corrupt, refusal.Code);
        Assert.Contains("missing", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FlushPolicy.Os)]
    [InlineData(FlushPolicy.Commit)]
    public async Task Retention_by_age_moves_the_start_and_never_takes_the_last_segment(FlushPolicy flush)
    {
        var options = new TableOptions { SegmentAgeMsMax = 1000, RetentionMs = 10_000, Flush = flush };
        await using var bucket = await TestBucket.OpenAsync(LogTable.Of(options, LogTable.Schema));
        for (var i = 0; i < 4; i++)
            await RollAsync(bucket);
        await bucket.ReopenAsync();
        bucket.Time.Advance(TimeSpan.FromMilliseconds(7001));
        await bucket.Engine.ApplyRetentionAsync(null, CancellationToken.None);
        Assert.Equal(1, bucket.Engine.GetStatus().StartOffset.Value);
        Assert.Equal(GridErrorCode.OffsetOutOfRange, (await Assert.ThrowsAsync<GridException>(() => bucket.ReadIdsAsync())).Code);
        bucket.Time.Advance(TimeSpan.FromDays(30));
        await bucket.Engine.ApplyRetentionAsync(null, CancellationToken.None);
        Assert.Single(bucket.Segments);
        await bucket.ReopenAsync();
        Assert.Equal((3, 4), (bucket.Engine.GetStatus().StartOffset.Value, bucket.Engine.GetStatus().LogEndOffset.Value));
        Assert.Equal(4, (await bucket.AppendAsync(LogTable.Frame(5))).BaseOffset.Value);
    }

    [Fact]
    public async Task Retention_by_size_deletes_the_oldest_segments_only()
    {
        var options = new TableOptions { SegmentBytesMax = 64 * 1024, RetentionBytes = 200_000 };
        await using var bucket = await TestBucket.OpenAsync(LogTable.Of(options, LogTable.Schema), FlushPolicy.Commit, new FaultyFileStore(seed: 0));
        for (var i = 0; i < 60; i++)
            await bucket.AppendAsync(LogTable.Frame(i, textLength: 8000));
        await bucket.Engine.ApplyRetentionAsync(null, CancellationToken.None);
        var status = bucket.Engine.GetStatus();
        Assert.InRange(status.LogBytes, 100_000, 200_000);
        Assert.Equal(60 - status.StartOffset.Value, (await bucket.ReadIdsAsync(status.StartOffset.Value)).Count);
    }

    [Fact]
    public async Task Retention_keeps_what_is_not_in_the_lake_yet()
    {
        var options = new TableOptions { SegmentAgeMsMax = 1000, RetentionMs = 1, Lake = LakeMode.On };
        await using var bucket = await TestBucket.OpenAsync(LogTable.Of(options, LogTable.Schema));
        for (var i = 0; i < 5; i++)
            await RollAsync(bucket);
        bucket.Time.Advance(TimeSpan.FromDays(30));
        await bucket.Engine.ApplyRetentionAsync(LogOffset.Zero, CancellationToken.None);
        Assert.Equal(0, bucket.Engine.GetStatus().StartOffset.Value);
        await bucket.Engine.ApplyRetentionAsync(new LogOffset(2), CancellationToken.None);
        Assert.Equal(2, bucket.Engine.GetStatus().StartOffset.Value);
        await bucket.Engine.ApplyRetentionAsync(new LogOffset(5), CancellationToken.None);
        Assert.Equal(4, bucket.Engine.GetStatus().StartOffset.Value);
    }

    [Fact]
    public async Task Sealed_segments_keep_few_files_open()
    {
        var store = new FaultyFileStore(seed: 0);
        await using var bucket = await TestBucket.OpenAsync(Table, FlushPolicy.Commit, store);
        for (var i = 0; i < 20; i++)
            await RollAsync(bucket);
        await bucket.ReadIdsAsync();
        Assert.InRange(store.OpenFiles, 1, 6);
        await bucket.ReopenAsync();
        await bucket.ReadIdsAsync();
        Assert.InRange(store.OpenFiles, 1, 6);
    }

    /// <summary>Opens the log and reads all of it; true where either finds damage.</summary>
    private static async Task<bool> IsFoundAsync(FaultyFileStore store, string path)
    {
        try
        {
            await using var bucket = await TestBucket.OpenAsync(Table, files: store.AfterCrash(powerLoss: false, seed: 0));
            await bucket.ReadIdsAsync();
            return false;
        }
        catch (GridException e)
        {
            Assert.Equal(GridErrorCode.Corrupt, e.Code);
            Assert.True(e.Message.Contains(path, StringComparison.Ordinal) || e.Message.Contains("frame", StringComparison.Ordinal), e.Message);
            return true;
        }
    }

    /// <summary>Lets the active segment grow old, and begins another with one frame.</summary>
    private static async Task RollAsync(TestBucket bucket, TableSchema? schema = null)
    {
        bucket.Time.Advance(TimeSpan.FromMilliseconds(1000));
        await bucket.AppendAsync(LogTable.Frame(99, schema: schema));
        if (bucket.Table.Options.Flush != FlushPolicy.Commit)
            await bucket.ReopenAsync();
    }
}
