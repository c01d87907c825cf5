using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Storage.Files;
using Grid.Storage.Kv;

namespace Grid.Storage;

/// <summary>What all buckets of a process share: directory, file store, clock, metrics, RocksDB block cache and write-buffer budget.</summary>
public sealed class StorageNode : IAsyncDisposable
{
    private const string LockName = "grid.lock";
    private readonly ConcurrentDictionary<BucketId, bool> _buckets = new();
    private readonly IDisposable _lock;
    private readonly Lazy<RocksResources> _rocks;
    private int _disposed;

    /// <summary>Makes the node over an existing or new data directory, which it holds alone until it is disposed.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an option; <see cref="GridErrorCode.DirectoryInUse"/>: another process, or another
    /// node of this one, has the directory; <see cref="GridErrorCode.StorageFailed"/>: it cannot be made or written.</exception>
    public StorageNode(StorageNodeOptions options, TimeProvider time)
        : this(options, time, new DiskFileStore())
    {
    }

    /// <summary>As the other constructor, over a file store of the caller's.</summary>
    public StorageNode(StorageNodeOptions options, TimeProvider time, IFileStore files)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(files);
        options.Validate();
        Options = options with { DataDirectory = Path.GetFullPath(options.DataDirectory) };
        Time = time;
        Files = files;
        _lock = TakeDirectory();
        Metrics = new GridStorageMetrics();
        _rocks = new Lazy<RocksResources>(() => new RocksResources(Options.BlockCacheBytes, Options.WriteBufferBytes));
    }

    /// <summary>The options, with the data directory's full path.</summary>
    public StorageNodeOptions Options { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The file store.</summary>
    public IFileStore Files { get; }

    /// <summary>The instruments.</summary>
    public GridStorageMetrics Metrics { get; }

    /// <summary>What all shards share; made with the first of them.</summary>
    internal RocksResources Rocks => _rocks.Value;

    /// <summary>Gives the directory back. All buckets are closed by now.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Metrics.Dispose();
            if (_rocks.IsValueCreated)
                _rocks.Value.Dispose();
            _lock.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The folder of a bucket.</summary>
    internal string FolderOf(BucketId bucket) => Path.Combine(Options.DataDirectory, "buckets", bucket.ToString().Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Lets one engine at a time work on a bucket's folder.</summary>
    internal void Take(BucketId bucket)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (!_buckets.TryAdd(bucket, true))
            throw new GridException(GridErrorCode.Closing, $"Bucket {bucket} is still open on this node; ask again when it is closed.");
    }

    internal void Release(BucketId bucket) => _buckets.TryRemove(bucket, out _);

    private IDisposable TakeDirectory()
    {
        var directory = Options.DataDirectory;
        try
        {
            Files.CreateDirectory(directory);
            return Files.TryLock(Path.Combine(directory, LockName))
                ?? throw new GridException(GridErrorCode.DirectoryInUse,
                    $"The data directory {directory} is in use by another process; stop that one (it holds {LockName} there), connect to it, or give this one a directory of its own.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridException(GridErrorCode.StorageFailed, $"The data directory {directory} cannot be used: {e.Message} Make it writable or choose another one.", e);
        }
    }
}
