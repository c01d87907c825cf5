using Grid.Abstractions;
using Grid.Storage.Remote;
using Grid.Storage.Tests.Buckets;

namespace Grid.Storage.Tests.Remote;

public sealed class RemoteCopyTests
{
    [Fact]
    public async Task Sealed_segments_are_copied_once_and_what_the_manifest_lacks_stays_in_the_log()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects);
        for (var i = 0; i < 4; i++)
            await log.AppendAsync(LogTable.Frame(i));
        await log.CutAsync();
        Assert.Equal(0, log.Bucket.Engine.GetStatus().StartOffset.Value);

        Assert.Equal(RemoteStepKind.Idle, await log.CopyAsync());
        Assert.Equal(7, objects.Names.Count); // a manifest, three segments, their indexes
        var names = objects.Names;
        Assert.Equal(RemoteStepKind.Idle, await log.CopyAsync());
        Assert.Equal(names, objects.Names);
        await log.CutAsync();
        Assert.Equal(3, log.Bucket.Engine.GetStatus().StartOffset.Value);
        Assert.Equal([0L, 1, 2, 3], await log.Bucket.ReadIdsAsync());
    }

    [Fact]
    public async Task A_copy_is_the_file_byte_for_byte()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects);
        await log.AppendAsync(LogTable.Frame(0), LogTable.Frame(1, rows: 5));
        await log.AppendAsync(LogTable.Frame(6));
        await log.CopyAsync();
        using var reader = new Apache.Arrow.Ipc.ArrowFileReader(new MemoryStream(objects[objects.Names.Single(name => name.EndsWith(".arrow", StringComparison.Ordinal))]));
        Assert.Equal(2, await reader.RecordBatchCountAsync());
        var segment = log.Remote.Manifest!.Segments.Single();
        Assert.Equal(segment.Hash, System.IO.Hashing.XxHash3.HashToUInt64(objects[RemoteNames.SegmentOf(LogTable.Bucket, segment)]));
    }

    [Fact]
    public async Task A_deposed_leader_changes_nothing_and_the_next_one_goes_on_where_it_was_though_its_segments_are_others()
    {
        var objects = new MemoryObjects();
        await using var first = await RemoteLog.OpenAsync(objects);
        await using var second = await RemoteLog.OpenAsync(objects);
        for (var i = 0; i < 12; i++)
        {
            await first.Bucket.AppendAsync(LogTable.Frame(i));
            await second.Bucket.AppendAsync(LogTable.Frame(i));
            if (i % 3 == 2)
                first.Roll();
            if (i % 4 == 3)
                second.Roll();
            if (i == 8)
                await first.CopyAsync(epoch: 1); // 0 to 5
        }

        await second.AppendAsync(LogTable.Frame(12));
        await second.CopyAsync(epoch: 2);
        Assert.Equal(["0-3", "3-6", "6-8", "8-12"], second.Remote.Manifest!.Segments.Select(segment => $"{segment.From}-{segment.EndOffset}"));
        Assert.Equal(RemoteStepKind.Deposed, await first.CopyAsync(epoch: 1));
        await second.CutAsync();
        Assert.Equal(12, second.Bucket.Engine.GetStatus().StartOffset.Value);
        for (var from = 0; from < 13; from++)
            Assert.Equal(Enumerable.Range(from, 13 - from).Select(i => (long)i), await second.Bucket.ReadIdsAsync(from));

        // The follower learns of it too.
        await first.CutAsync();
        Assert.Equal(9, first.Bucket.Engine.GetStatus().StartOffset.Value);
    }

    [Fact]
    public async Task What_expires_is_deleted_and_what_was_left_over_goes_with_the_next_leader()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects);
        for (var i = 0; i < 4; i++)
            await log.AppendAsync(LogTable.Frame(i));
        await log.CopyAsync();
        objects[RemoteNames.FolderOf(LogTable.Bucket) + "00000000000000000001-00000000000000ff.arrow"] = [1];
        await log.CopyAsync(retention: new RemoteRetention(0, log.Remote.Manifest!.Bytes - 1));
        Assert.Equal(1, log.Remote.Manifest.Start.Value);
        Assert.Equal(6, objects.Names.Count);
        await log.AppendAsync(LogTable.Frame(4));
        await log.CopyAsync(epoch: 1);
        Assert.Equal(7, objects.Names.Count);
        Assert.DoesNotContain(objects.Names, name => name.EndsWith("ff.arrow", StringComparison.Ordinal) && objects[name].Length == 1);
    }

    [Fact]
    public async Task A_segment_that_the_disk_has_spoilt_is_not_copied()
    {
        var objects = new MemoryObjects();
        var directory = Directory.CreateTempSubdirectory("grid-remote-").FullName;
        await using var bucket = await TestBucket.OpenAsync(RemoteLog.Table);
        using var storage = new RemoteStorage(objects, new RemoteOptions(), TimeProvider.System);
        await bucket.AppendAsync(LogTable.Frame(0, textLength: 1000));
        bucket.Time.Advance(TimeSpan.FromSeconds(2));
        await bucket.AppendAsync(LogTable.Frame(1));
        bucket.Engine.Log.Settle();
        var path = bucket.Segments[0];
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.AsSpan().IndexOf("aaaaaaaaaaaaaaaa"u8)] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        var failure = await Assert.ThrowsAsync<GridException>(() => bucket.Engine.GetRemote(storage).RunAsync(bucket.Engine.Log, default, default, default));
        Assert.Equal(GridErrorCode.Corrupt, failure.Code);
        Assert.DoesNotContain(objects.Names, name => name.EndsWith(".arrow", StringComparison.Ordinal));
        Directory.Delete(directory);
    }

    [Fact]
    public async Task Copies_are_no_faster_than_they_may_be()
    {
        var time = new Testing.Time.ManualTimeProvider();
        var pace = new CopyPace(1000, time);
        Assert.True(pace.WaitAsync(500, default).IsCompleted);
        var second = pace.WaitAsync(1000, default);
        var third = pace.WaitAsync(1, default);
        Assert.False(second.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(500));
        await second;
        Assert.False(third.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1000));
        await third;
    }

    [Fact]
    public async Task Dropping_deletes_all_there_is_of_a_bucket_and_nothing_of_others()
    {
        var objects = new MemoryObjects();
        await using var log = await RemoteLog.OpenAsync(objects);
        await log.AppendAsync(LogTable.Frame(0));
        await log.AppendAsync(LogTable.Frame(1));
        await log.CopyAsync();
        objects["remote/1/0/01/manifest"] = [1];
        await log.Storage.DeleteAsync(LogTable.Bucket, default);
        Assert.Equal(["remote/1/0/01/manifest"], objects.Names);
    }
}
