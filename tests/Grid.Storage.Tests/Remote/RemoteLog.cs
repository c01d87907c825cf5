using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Storage.Remote;
using Grid.Storage.Tests.Buckets;

namespace Grid.Storage.Tests.Remote;

/// <summary>A bucket whose sealed segments are copied to an object store.</summary>
internal sealed class RemoteLog : IAsyncDisposable
{
    /// <summary>Any age seals a segment, any age is too old.</summary>
    public static readonly TableInfo Table = LogTable.Of(new TableOptions { SegmentAgeMsMax = 1000, RetentionMs = 1 }, LogTable.Schema, LogTable.Wider);

    private RemoteLog(TestBucket bucket, IObjectStore objects, RemoteOptions? options)
    {
        Bucket = bucket;
        Storage = new RemoteStorage(objects, options ?? new RemoteOptions { CopyBytesPerSecond = 0 }, bucket.Time);
        bucket.Engine.History = new RemoteHistory(Remote);
    }

    public TestBucket Bucket { get; }

    public RemoteStorage Storage { get; }

    public RemoteBucket Remote => Bucket.Engine.GetRemote(Storage);

    public static async Task<RemoteLog> OpenAsync(IObjectStore objects, TableInfo? table = null, RemoteOptions? options = null) =>
        new(await TestBucket.OpenAsync(table ?? Table, files: new Testing.Files.FaultyFileStore(seed: 0)), objects, options);

    /// <summary>Appends frames, and makes the next append begin a segment.</summary>
    public async Task AppendAsync(params FrameBlock[] frames)
    {
        foreach (var frame in frames)
            await Bucket.AppendAsync(frame);
        Roll();
    }

    public void Roll() => Bucket.Time.Advance(TimeSpan.FromMilliseconds(1001));

    /// <summary>Copies as the leader of an epoch.</summary>
    public Task<RemoteStepKind> CopyAsync(int epoch = 0, RemoteRetention retention = default)
    {
        Bucket.Engine.Log.Settle();
        return Remote.RunAsync(Bucket.Engine.Log, new LeaderEpoch(epoch), retention, default);
    }

    /// <summary>Deletes from the log what the manifest has.</summary>
    public async Task CutAsync() => await Bucket.Engine.ApplyRetentionAsync(await Bucket.Engine.FindCopiedAsync(Storage, default), default);

    public async ValueTask DisposeAsync()
    {
        await Bucket.DisposeAsync();
        Storage.Dispose();
    }
}
