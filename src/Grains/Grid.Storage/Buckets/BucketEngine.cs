using Grid.Abstractions;

namespace Grid.Storage.Buckets;

/// <summary>
/// A bucket on this node: log, writer loop and, in a primary-key table, shard. Thread safe. Blocks follow <see cref="FrameBlock"/>'s rules: the
/// engine retains a request's block before its first await. Refusals are <see cref="GridException"/>s.
/// </summary>
public sealed class BucketEngine : IAsyncDisposable
{
    /// <summary>Opens the bucket's folder, or makes it: recovers the log, opens the shard and replays the log into it.</summary>
    public static Task<BucketEngine> OpenAsync(StorageNode node, BucketId bucket, TableInfo table, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Deletes a bucket's files; the engine must be closed.</summary>
    public static Task DeleteAsync(StorageNode node, BucketId bucket, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Takes newer schema versions and options.</summary>
    public void Update(TableInfo table) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.AppendAsync"/>.</summary>
    public Task<AppendAnswer> AppendAsync(AppendRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.WriteAsync"/>.</summary>
    public Task<WriteAnswer> WriteAsync(WriteRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.FetchAsync"/>.</summary>
    public Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.FindOffsetAsync"/>.</summary>
    public Task<LogOffset> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.LookupAsync"/>.</summary>
    public Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.OpenScanAsync"/>.</summary>
    public Task<ScanAnswer> OpenScanAsync(ScanRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.NextScanAsync"/>.</summary>
    public Task<ScanAnswer> NextScanAsync(long scanId, int page, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.CloseScanAsync"/>.</summary>
    public Task CloseScanAsync(long scanId) => throw new NotImplementedException();

    /// <summary>See <see cref="IBucketGrain.GetStatusAsync"/>.</summary>
    public BucketStatus GetStatus() => throw new NotImplementedException();

    /// <summary>Deletes what retention allows; called from time to time.</summary>
    public Task ApplyRetentionAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Finishes what is queued, flushes, closes the files.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
