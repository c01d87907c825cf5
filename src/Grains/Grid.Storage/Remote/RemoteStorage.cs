using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Remote;

/// <summary>The remote segments of a node: the object store, and what its buckets share of it. Thread safe.</summary>
public sealed class RemoteStorage : IDisposable
{
    /// <summary>Opens nothing yet.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an option is not legal.</exception>
    public RemoteStorage(IObjectStore objects, RemoteOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(objects);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        Objects = objects;
        Options = options;
        Time = time;
        Indexes = new RemoteIndexes(options.IndexBytesMax);
        Pace = new CopyPace(options.CopyBytesPerSecond, time);
        Turns = new SemaphoreSlim(options.CopiesMax);
    }

    /// <summary>How it is used.</summary>
    public RemoteOptions Options { get; }

    internal IObjectStore Objects { get; }

    internal TimeProvider Time { get; }

    internal RemoteMetrics Metrics { get; } = new();

    internal RemoteIndexes Indexes { get; }

    internal CopyPace Pace { get; }

    /// <summary>Held by whoever copies a segment.</summary>
    internal SemaphoreSlim Turns { get; }

    /// <summary>Deletes all that there is of a bucket: the manifest first, so that no change of it that is still under way finds it.</summary>
    public async Task DeleteAsync(BucketId bucket, CancellationToken cancellationToken)
    {
        await Objects.DeleteAsync(RemoteNames.ManifestOf(bucket), cancellationToken).ConfigureAwait(false);
        await Objects.DeletePrefixAsync(RemoteNames.FolderOf(bucket), ObjectLimits.DeletesAtOnce, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Metrics.Dispose();
        Turns.Dispose();
    }

    /// <summary>Reads a range that must be there.</summary>
    /// <exception cref="GridException"><see cref="RemoteErrors.Gone"/>; <see cref="GridErrorCode.Corrupt"/>: the object is shorter; as the store's.</exception>
    internal async Task<ReadOnlyMemory<byte>> ReadAsync(string name, long position, int length, CancellationToken cancellationToken)
    {
        var content = await Objects.ReadRangeAsync(name, position, length, cancellationToken).ConfigureAwait(false) ?? throw RemoteErrors.Gone(name);
        Metrics.RangeRead(content.Bytes.Length);
        return content.Bytes.Length == length ? content.Bytes
            : throw RemoteErrors.Damaged(name, $"{content.Bytes.Length} of {length} bytes are there at byte {position}");
    }

    /// <summary>The index of a segment, from memory or from the store.</summary>
    internal async Task<RemoteIndex> GetIndexAsync(BucketId bucket, RemoteSegment segment, CancellationToken cancellationToken)
    {
        var name = RemoteNames.IndexOf(bucket, segment);
        if (Indexes.Find(name) is { } known)
            return known;
        var bytes = await ReadAsync(name, 0, segment.IndexBytes, cancellationToken).ConfigureAwait(false);
        var index = RemoteIndex.Read(name, segment, bytes.Span);
        Indexes.Add(name, index);
        return index;
    }
}
