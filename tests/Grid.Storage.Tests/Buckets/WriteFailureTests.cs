using Grid.Abstractions;
using Grid.Testing.Files;

namespace Grid.Storage.Tests.Buckets;

public sealed class WriteFailureTests
{
    [Fact]
    public async Task After_a_failed_flush_nothing_is_acknowledged_any_more_and_reads_go_on()
    {
        var store = new FaultyFileStore(seed: 0);
        await using var bucket = await TestBucket.OpenAsync(flush: FlushPolicy.Commit, files: store);
        await bucket.AppendAsync(LogTable.Frame(1));
        store.FailFlushFrom = store.Flushes;
        Assert.Equal(GridErrorCode.WritesStopped, (await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(2)))).Code);
        Assert.Equal(GridErrorCode.WritesStopped, (await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(3)))).Code);
        Assert.Equal([1], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_full_disk_refuses_appends_until_there_is_room_and_leaves_no_trace()
    {
        var store = new FaultyFileStore(seed: 0);
        await using var bucket = await TestBucket.OpenAsync(flush: FlushPolicy.Commit, files: store);
        await bucket.AppendAsync(LogTable.Frame(1, writer: 7, sequence: 0));
        store.BytesFree = 100;
        var refusal = await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(2, writer: 7, sequence: 1)));
        Assert.Equal(GridErrorCode.StorageFailed, refusal.Code);
        Assert.Equal([1], await bucket.ReadIdsAsync());
        store.BytesFree = long.MaxValue;
        await bucket.AppendAsync(LogTable.Frame(2, writer: 7, sequence: 1));
        await bucket.ReopenAsync();
        Assert.Equal([1, 2], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_full_disk_at_the_first_append_is_refused_and_later_ones_work()
    {
        var store = new FaultyFileStore(seed: 0);
        await using var bucket = await TestBucket.OpenAsync(flush: FlushPolicy.Commit, files: store);
        store.BytesFree = 10;
        Assert.Equal(GridErrorCode.StorageFailed, (await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(1)))).Code);
        store.BytesFree = long.MaxValue;
        await bucket.AppendAsync(LogTable.Frame(1));
        Assert.Equal([1], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_closing_bucket_answers_what_is_queued_and_refuses_what_comes_later()
    {
        var store = new FaultyFileStore(seed: 0);
        var bucket = await TestBucket.OpenAsync(files: store);
        var queued = Enumerable.Range(0, 100).Select(i => bucket.AppendAsync(LogTable.Frame(i))).ToArray();
        await bucket.CloseAsync();
        await Task.WhenAll(queued);
        Assert.Equal(GridErrorCode.Closing, (await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(LogTable.Frame(100)))).Code);
        Assert.Equal(0, store.OpenFiles);
    }

    [Fact]
    public async Task A_parked_frame_is_refused_when_the_bucket_closes()
    {
        var bucket = await TestBucket.OpenAsync(files: new FaultyFileStore(seed: 0));
        var parked = bucket.AppendAsync(LogTable.Frame(1, writer: 7, sequence: 1));
        bucket.Time.WaitUntilArmed(1);
        await bucket.CloseAsync();
        Assert.Equal(GridErrorCode.Closing, (await Assert.ThrowsAsync<GridException>(() => parked)).Code);
    }

    [Fact]
    public async Task Cancelling_an_append_ends_the_wait_and_not_the_write()
    {
        await using var bucket = await TestBucket.OpenAsync(files: new FaultyFileStore(seed: 0));
        using var cancellation = new CancellationTokenSource();
        var parked = bucket.Engine.AppendAsync(LogTable.Append(LogTable.Frame(1, writer: 7, sequence: 1)), cancellation.Token);
        bucket.Time.WaitUntilArmed(1);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parked);
        await bucket.AppendAsync(LogTable.Frame(0, writer: 7, sequence: 0));
        Assert.Equal([0, 1], await bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task Damaged_and_oversized_requests_are_refused_with_what_is_wrong()
    {
        await using var bucket = await TestBucket.OpenAsync(files: new FaultyFileStore(seed: 0));
        var damaged = LogTable.Frame(1);
        damaged.WritableMemory.Span[^9] ^= 1;
        await RefusedAsync(GridErrorCode.Corrupt, damaged);
        await RefusedAsync(GridErrorCode.InvalidArgument, FrameBlock.Wrap([]));
        await RefusedAsync(GridErrorCode.TooLarge, LogTable.Frame(1, textLength: 200_000), LogTable.Frame(2, textLength: 200_000));
        await RefusedAsync(GridErrorCode.SchemaMismatch, LogTable.Frame(1, schema: LogTable.Wider));
        await RefusedAsync(GridErrorCode.InvalidArgument, LogTable.Frame(1, writer: 1), LogTable.Frame(2, writer: 2));
        var write = new WriteRequest { Frame = LogTable.Frame(1) };
        Assert.Equal(GridErrorCode.WrongTableKind, (await Assert.ThrowsAsync<GridException>(() => bucket.Engine.WriteAsync(write, CancellationToken.None))).Code);
        Assert.Equal(0, bucket.Engine.GetStatus().LogEndOffset.Value);

        async Task RefusedAsync(GridErrorCode code, params FrameBlock[] frames) =>
            Assert.Equal(code, (await Assert.ThrowsAsync<GridException>(() => bucket.AppendAsync(frames))).Code);
    }

    [Fact]
    public async Task A_second_owner_of_a_data_directory_is_told_who_has_it()
    {
        await using var bucket = await TestBucket.OpenAsync();
        var directory = bucket.LogDirectory[..bucket.LogDirectory.IndexOf("/buckets", StringComparison.Ordinal)];
        var refusal = Assert.Throws<GridException>(() => new StorageNode(new StorageNodeOptions { DataDirectory = directory }, TimeProvider.System));
        Assert.Equal(GridErrorCode.DirectoryInUse, refusal.Code);
        Assert.Contains(directory, refusal.Message, StringComparison.Ordinal);
    }
}
