using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Fuzz;

/// <summary>A real bucket that is fed with hostile requests, and what must hold after each.</summary>
internal sealed class FuzzBucket(TableInfo table) : IAsyncDisposable
{
    /// <summary>
    /// Managed memory that one request may take: its compressed buffers may decompress to 64 MiB, converted to another schema version and kept once more as an answer.
    /// </summary>
    private const long AllocatedBytesMax = 4L * FrameDecoder.DecompressedBytesMax;

    private const long WorkingSetMax = 2L << 30;
    private readonly string _directory = Directory.CreateTempSubdirectory("grid-fuzz-").FullName;
    private readonly ManualTimeProvider _time = new();
    private StorageNode _node = null!;
    private long _clockBytes;

    public BucketEngine Engine { get; private set; } = null!;

    public BucketStatus Status => Engine.GetStatus();

    public long Accepted { get; private set; }

    public Dictionary<GridErrorCode, long> Refused { get; } = [];

    /// <summary>The most managed memory that one request took.</summary>
    public long AllocatedMost { get; private set; }

    public async Task OpenAsync()
    {
        _node = new StorageNode(new StorageNodeOptions { DataDirectory = _directory, DefaultFlush = FlushPolicy.Os, BlockCacheBytes = 8 << 20, WriteBufferBytes = 16 << 20 }, _time);
        Engine = await BucketEngine.OpenAsync(_node, table.Bucket(0), table, default);
    }

    public async Task CloseAsync()
    {
        await Engine.DisposeAsync();
        await _node.DisposeAsync();
    }

    /// <summary>The answer; null where the request was refused as it should be. Anything but a refusal, and any trace of a refused request, fails the test.</summary>
    public async Task<T?> AskAsync<T>(Func<Task<T>> request)
        where T : class
    {
        var end = Engine.LogEndOffset;
        var allocated = GC.GetTotalAllocatedBytes() - _clockBytes;
        try
        {
            var answer = await PumpAsync(Task.Run(request));
            Accepted++;
            return answer;
        }
        catch (GridException refusal)
        {
            Assert.False(refusal.Code is GridErrorCode.Internal or GridErrorCode.StorageFailed or GridErrorCode.WritesStopped or GridErrorCode.Closing, $"{refusal.Code}: {refusal}");
            Assert.Equal(end, Engine.LogEndOffset);
            Refused[refusal.Code] = Refused.GetValueOrDefault(refusal.Code) + 1;
            return null;
        }
        finally
        {
            AllocatedMost = Math.Max(AllocatedMost, GC.GetTotalAllocatedBytes() - _clockBytes - allocated);
        }
    }

    /// <summary>What costs too much to look at after each request.</summary>
    public async Task CheckMemoryAsync()
    {
        Assert.True(AllocatedMost <= AllocatedBytesMax, $"One request took {AllocatedMost} bytes; {AllocatedBytesMax} are allowed.");
        Assert.True(Environment.WorkingSet <= WorkingSetMax, $"The process has {Environment.WorkingSet} bytes; {WorkingSetMax} are allowed.");
        await Engine.ApplyRetentionAsync(null, default);
    }

    /// <summary>Fetches everything: every frame's header and hash is right, offsets follow each other.</summary>
    public async Task WalkAsync(FetchRequest like, Action<Frame>? look = null)
    {
        var next = Status.StartOffset;
        var expected = next;
        while (true)
        {
            var answer = await Engine.FetchAsync(like with { Offset = next }, default);
            using var frames = answer.Frames;
            if (frames is not null)
            {
                var reader = new FrameReader(frames.Memory);
                while (reader.Read())
                {
                    Assert.True(like.Filter is not null || reader.Current.Header.BaseOffset == expected, $"A frame at {reader.Current.Header.BaseOffset}, expected is {expected}.");
                    expected = reader.Current.Header.EndOffset;
                    look?.Invoke(reader.Current);
                }
            }

            next = answer.NextOffset;
            if (next == answer.HighWatermark)
                break;
        }

        Assert.Equal(Engine.LogEndOffset, next);
    }

    public string ShardFolder => Path.Combine(_directory, "buckets", table.Bucket(0).ToString(), "kv");

    /// <summary>A hostile call may wait for time to pass: for a missing sequence, a floor, more rows. Time goes on until it is done.</summary>
    private async Task<T> PumpAsync<T>(Task<T> call)
    {
        for (var turn = 0; !call.IsCompleted; turn++)
        {
            if (turn > 1000)
            {
                // The clock's own garbage is none of the request's.
                var before = GC.GetAllocatedBytesForCurrentThread();
                _time.Advance(TimeSpan.FromMilliseconds(ParkedWrites.WaitMsMax));
                _clockBytes += GC.GetAllocatedBytesForCurrentThread() - before;
            }

            await Task.Yield();
        }

        return await call;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
