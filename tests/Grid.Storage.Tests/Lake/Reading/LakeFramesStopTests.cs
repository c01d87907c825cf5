using System.Reflection;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Tests.Lake.Parquet;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Reading;

/// <summary>A reader may go at any time: nothing native stays behind, and no block.</summary>
public sealed class LakeFramesStopTests
{
    private static readonly TableSchema Schema = TestFiles.Schema(new Column("b", DataType.Binary));

    private readonly CountingStore _store = new();

    [Fact]
    public async Task Stopped_between_blocks_it_is_closed_and_can_be_read_again()
    {
        var bucket = await BucketAsync();
        for (var stop = 1; stop < 8; stop++)
        {
            var next = new LogOffset(1000);
            var rows = new List<(LogOffset, long, object?[])>();
            var request = new FetchRequest { Offset = default, BytesMax = 30_000 };
            while (next < bucket.End)
            {
                var blocks = 0;
                await foreach (var block in bucket.Frames().ReadAsync(bucket.Sorted, next, TestBucket.Table(Schema), request, default))
                {
                    using var frames = block.Frames!;
                    bucket.Decode(frames.Memory, request, rows, ref next);
                    Assert.Equal(next, block.Next);
                    if (++blocks == stop)
                        break;
                }
            }

            Assert.Equal(TestBucket.Text(bucket.Rows), TestBucket.Text(rows));
        }
    }

    [Fact]
    public async Task Cancelled_in_a_read_from_the_store_it_ends()
    {
        var bucket = await BucketAsync();
        using var cancelled = new CancellationTokenSource();
        var entered = new TaskCompletionSource();
        var reads = 0;
        _store.Reading = token =>
        {
            if (++reads < 4)
                return Task.CompletedTask;
            entered.TrySetResult();
            return Task.Delay(Timeout.Infinite, token);
        };
        var reading = DrainAsync(bucket, cancelled.Token);
        await entered.Task;
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task What_the_store_throws_comes_through()
    {
        var bucket = await BucketAsync();
        for (var good = 0; good < 6; good++)
        {
            var left = good;
            _store.Reading = _ => left-- > 0 ? Task.CompletedTask : throw new GridException(GridErrorCode.StorageFailed, "The store is away.");

            var failed = await Assert.ThrowsAsync<GridException>(() => DrainAsync(bucket, default));

            Assert.Equal(GridErrorCode.StorageFailed, failed.Code);
        }
    }

    [Fact]
    public void Blocks_that_nobody_took_go_back_to_the_pool()
    {
        var builder = new FrameBlockBuilder(100);
        Assert.True(builder.TryAdd(new byte[60]));
        Assert.False(builder.TryAdd(new byte[60]));
        using (var taken = builder.Take()!)
            Assert.Equal(60, taken.Length);
        Assert.True(builder.TryAdd(new byte[200]));
        var field = typeof(FrameBlockBuilder).GetField("_block", BindingFlags.NonPublic | BindingFlags.Instance)!;
        var held = (FrameBlock)field.GetValue(builder)!;

        builder.Dispose();

        Assert.True(held.IsDisposed);
        Assert.True(builder.IsEmpty);
    }

    private async Task<TestBucket> BucketAsync()
    {
        var bucket = new TestBucket(_store, TestBucket.Table(Schema));
        var random = new Random(1);
        for (var file = 0; file < 2; file++)
        {
            var batches = Enumerable.Range(0, 4).Select(time => (ArrowRows.Build(Schema, [.. Enumerable.Range(0, 100).Select(_ => new object?[] { Bytes(random) })]), (long)time));
            await bucket.AddAsync(Schema, batches, new LakeWriterOptions { RowGroupRowsMax = 150 });
        }

        return bucket;
    }

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[500];
        random.NextBytes(bytes);
        return bytes;
    }

    private static async Task DrainAsync(TestBucket bucket, CancellationToken cancellationToken)
    {
        var options = new LakeFramesOptions { ReadAheadBytes = 1000 };
        await foreach (var block in bucket.Frames(options).ReadAsync(bucket.Sorted, new LogOffset(1000), TestBucket.Table(Schema), new FetchRequest { Offset = default }, cancellationToken))
            block.Frames?.Dispose();
    }
}
