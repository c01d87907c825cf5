using System.Text;
using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.DataPort;
using Grid.Storage.Files;
using Grid.Storage.Tests.Buckets;
using Grid.Storage.Tests.Kv;
using Grid.Testing.Rows;
using Grid.Testing.Time;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.DataPort;

public sealed class RefillTests : IDisposable
{
    private static readonly TableSchema Schema = new()
    {
        Version = new SchemaVersion(1),
        Columns = [new Column("id", DataType.Int64, nullable: false) { Id = new ColumnId(1) }, new Column("text", DataType.String) { Id = new ColumnId(2) }],
        PrimaryKey = [new ColumnId(1)],
        BucketKey = [new ColumnId(1)],
        LastColumnId = 2,
    };

    private readonly string _root = Directory.CreateTempSubdirectory("grid-refill-").FullName;

    private string Target => Path.Combine(_root, "buckets", "1", "0", "0");

    [Fact]
    public async Task A_log_of_several_segments_opens_on_another_node_with_the_same_frames()
    {
        await using var bucket = await TestBucket.OpenAsync(LogTable.Of(new TableOptions { SegmentBytesMax = 1 << 20 }, LogTable.Schema));
        await using var port = new TestPort();
        for (var i = 0; i < 40; i++)
            await bucket.AppendAsync(LogTable.Frame(i, textLength: 100_000));
        var head = await ReceiveAsync(port, bucket.Engine);
        Assert.Null(head.AppliedOffset);
        Assert.Equal(40, head.LogEndOffset.Value);
        Assert.True(head.Files > 2);

        var frames = await bucket.ReadAsync();
        await using var node = Node();
        await using var engine = await BucketEngine.OpenAsync(node, LogTable.Bucket, bucket.Table, default);
        Assert.Equal(40, engine.GetStatus().HighWatermark.Value);
        var refilled = await TestPort.ReadAllAsync(await port.OpenAsync(engine.OpenLogSource(new FetchRequest { Offset = default }, new LogOffset(40))));
        Assert.Equal(frames.Select(f => f.Header.MessageHash), LogTable.Frames(FrameBlock.Wrap(refilled)).Select(f => f.Header.MessageHash));
    }

    [Fact]
    public async Task A_shard_that_is_written_meanwhile_opens_on_another_node_as_it_was_at_one_offset()
    {
        var table = LogTable.Of(new TableOptions { SegmentBytesMax = 1 << 20 }, Schema);
        await using var bucket = await EngineBucket.OpenAsync(table);
        await using var port = new TestPort();
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await bucket.WriteAsync(new WriteRequest { Frame = LogTable.Frame(i % 997, rows: 50, textLength: 10 + (i % 900), schema: Schema) });
                if (i == 200)
                    started.SetResult();
            }
        });
        await started.Task;
        var head = await ReceiveAsync(port, bucket.Engine);
        await stop.CancelAsync();
        await writing;
        Assert.InRange(head.AppliedOffset!.Value.Value, 1, head.LogEndOffset.Value);

        await using var node = Node();
        await using var engine = await BucketEngine.OpenAsync(node, table.Bucket(0), table, default);
        var status = engine.GetStatus();
        Assert.Equal((head.LogEndOffset, head.LogEndOffset), (status.LogEndOffset, status.AppliedOffset));

        // The shard is what the log says, row by row.
        var expected = new HashSet<string>();
        foreach (var change in (await bucket.ReadChangelogAsync()).Where(change => change.Offset < head.LogEndOffset.Value))
            Assert.True(change.Kind is ChangeKind.Insert or ChangeKind.UpdateAfter ? expected.Add(change.Row) : expected.Remove(change.Row));
        var actual = new List<string>();
        var answer = await engine.OpenScanAsync(new ScanRequest { SchemaVersion = Schema.Version, Versions = true }, default);
        while (true)
        {
            actual.AddRange(KvFrames.ReadRows(answer.Rows, Schema).Select(row => ArrowRows.Text([row.Row])));
            answer.Rows?.Dispose();
            if (answer.ScanId == 0)
                break;
            answer = await engine.NextScanAsync(answer.ScanId, answer.Page + 1, default);
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("../00000000000000000000.arrow")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("00000000000000000000.arrow.new")]
    [InlineData("00000000000000000000.arrow.only")]
    [InlineData("other.txt")]
    [InlineData("")]
    public async Task A_name_that_does_not_belong_in_a_log_is_refused_and_nothing_is_kept(string name)
    {
        await using var port = new TestPort();
        var source = new TestSource(async (output, _) =>
        {
            var head = new byte[FileSetFormat.SetBytes];
            FileSetFormat.WriteSet(head, new FileSetHead(1, 3, default, null));
            var file = new byte[FileSetFormat.FileBytes + name.Length];
            file[0] = (byte)FileSetFolder.Log;
            file[1] = (byte)name.Length;
            file[2] = 3;
            Encoding.ASCII.GetBytes(name, file.AsSpan(FileSetFormat.FileBytes));
            await output.SendAsync((byte[])[.. head, .. file, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
        });
        await TestPort.RefusedAsync(GridErrorCode.Corrupt, () => ReceiveAsync(port, source));
        Assert.False(Directory.Exists(Path.Combine(Target, "log")));
    }

    [Fact]
    public async Task Damage_anywhere_is_refused_and_nothing_is_kept()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await using var port = new TestPort();
        await bucket.AppendAsync(LogTable.Frame(0, rows: 20));
        var good = await TestPort.ReadAllAsync(await port.OpenAsync(bucket.Engine.OpenRefillSource()));
        var random = new Random(5);
        for (var i = 0; i < 80; i++)
        {
            // The head, the file's head and name, then anywhere. What the two offsets in the head say is for the replica's own checks; zeros are not looked at.
            var at = i < 76 ? i : random.Next(good.Length);
            if (at is (>= 6 and < 8) or (>= 12 and < 16) or (>= 24 and < 40) || (at is >= 50 and < 70 && good[at] == '0'))
                continue;
            var bad = good.ToArray();
            bad[at] ^= 0x10;
            await Assert.ThrowsAsync<GridException>(() => ReceiveAsync(port, TestSource.Of(bad)));
            Assert.False(Directory.Exists(Path.Combine(Target, "log")), $"byte {at}");
        }

        for (var length = 0; length < good.Length; length += 37)
            await TestPort.RefusedAsync(GridErrorCode.Corrupt, () => ReceiveAsync(port, TestSource.Of(good[..length])));
        await ReceiveAsync(port, TestSource.Of(good));
        await TestPort.RefusedAsync(GridErrorCode.InvalidArgument, () => ReceiveAsync(port, TestSource.Of(good)));
    }

    [Fact]
    public async Task Too_many_bytes_files_and_too_little_room_are_refused_before_a_file_is_made()
    {
        await using var bucket = await TestBucket.OpenAsync();
        await using var port = new TestPort();
        await bucket.AppendAsync(LogTable.Frame(0));
        await TestPort.RefusedAsync(GridErrorCode.TooLarge, () => ReceiveAsync(port, bucket.Engine.OpenRefillSource(), new FileSetLimits { BytesMax = 100 }));
        await TestPort.RefusedAsync(GridErrorCode.TooLarge, () => ReceiveAsync(port, bucket.Engine.OpenRefillSource(), new FileSetLimits { FilesMax = 0 }));
        await TestPort.RefusedAsync(GridErrorCode.StorageFailed, () => ReceiveAsync(port, bucket.Engine.OpenRefillSource(), new FileSetLimits { FreeBytesKept = long.MaxValue / 2 }));
        Assert.False(Directory.Exists(Path.Combine(Target, "log")));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private StorageNode Node() =>
        new(new StorageNodeOptions { DataDirectory = _root, DefaultFlush = FlushPolicy.Os, WriteBufferBytes = 1 << 20 }, new ManualTimeProvider());

    private Task<FileSetHead> ReceiveAsync(TestPort port, BucketEngine engine) => ReceiveAsync(port, engine.OpenRefillSource());

    private async Task<FileSetHead> ReceiveAsync(TestPort port, IDataSource source, FileSetLimits? limits = null)
    {
        await using var reader = await port.OpenAsync(source);
        return await FileSetReceiver.ReceiveAsync(reader, Target, limits ?? new FileSetLimits { FreeBytesKept = 0 }, new DiskFileStore(), default);
    }
}
