using System.Collections.Concurrent;
using Grid.Abstractions;
using Grid.Storage.Files;
using Grid.Storage.Kv;
using Grid.Storage.Log;
using Grid.Storage.Nodes;

namespace Grid.Storage;

/// <summary>What all buckets of a process share: directory, file store, clock, metrics, RocksDB block cache and write-buffer budget.</summary>
public sealed class StorageNode : IAsyncDisposable
{
    private const string LockName = "grid.lock";
    private const string CheckpointsName = "checkpoints";
    private const string BucketsName = "buckets";
    private readonly ConcurrentDictionary<BucketId, bool> _buckets = new();
    private readonly IDisposable _lock;
    private readonly Lazy<RocksResources> _rocks;
    private int _checkpoints;
    private int _disposed;

    /// <summary>Makes the node over an existing or new data directory, which it holds alone until it is disposed.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an option; <see cref="GridErrorCode.DirectoryInUse"/>: another process, or another
    /// node of this one, has the directory, or it belongs to a node of another name; <see cref="GridErrorCode.StorageFailed"/>: it cannot be made or written.</exception>
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
        (_lock, Identity) = TakeDirectory();
        Metrics = new GridStorageMetrics();
        _rocks = new Lazy<RocksResources>(() => new RocksResources(Options.BlockCacheBytes, Options.WriteBufferBytes));
    }

    /// <summary>The options, with the data directory's full path.</summary>
    public StorageNodeOptions Options { get; }

    /// <summary>Whose the directory is.</summary>
    public NodeIdentity Identity { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The file store.</summary>
    public IFileStore Files { get; }

    /// <summary>The machine's present boot: what a process wrote before it and did not flush may be lost. Where the system does not say, every process counts as a boot.</summary>
    public Guid Boot { get; init; } = MachineBoot.Read();

    /// <summary>The instruments.</summary>
    public GridStorageMetrics Metrics { get; }

    /// <summary>Has a bucket's loop, or what it leaves to the background, executed: on the thread pool, or by a simulator.</summary>
    internal Action<IThreadPoolWorkItem> Schedule { get; init; } = BucketLog.OnThreadPool;

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

    /// <summary>The buckets that the directory has something of. Blocking.</summary>
    public IReadOnlyList<BucketId> ListBuckets()
    {
        var buckets = new List<BucketId>();
        var known = new HashSet<BucketId>(); // a refill that was cut off has a folder beside the bucket's
        var root = Path.Combine(Options.DataDirectory, BucketsName);
        if (!Directory.Exists(root))
            return buckets;
        foreach (var table in Directory.EnumerateDirectories(root))
            foreach (var partition in Directory.EnumerateDirectories(table))
                foreach (var bucket in Directory.EnumerateDirectories(partition))
                    if (TryParse($"{Path.GetFileName(table)}/{Path.GetFileName(partition)}/{Path.GetFileNameWithoutExtension(bucket)}", out var id) && known.Add(id))
                        buckets.Add(id);
        return buckets;
    }

    /// <summary>Whether the directory has something of a bucket. Blocking.</summary>
    public bool Has(BucketId bucket) => Directory.Exists(FolderOf(bucket));

    /// <summary>Bytes of a bucket's files, whether it is open or not. Blocking.</summary>
    public long BytesOf(BucketId bucket)
    {
        try
        {
            var folder = new DirectoryInfo(FolderOf(bucket));
            return folder.Exists ? folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length) : 0;
        }
        catch (IOException)
        {
            return 0; // it is being deleted, or filled anew
        }
    }

    /// <summary>The folder of a bucket.</summary>
    internal string FolderOf(BucketId bucket) => Path.Combine(Options.DataDirectory, BucketsName, bucket.ToString().Replace('/', Path.DirectorySeparatorChar));

    /// <summary>A folder for a checkpoint of a bucket's shard; whoever makes it deletes it, and what a crash left goes when the directory is taken again.</summary>
    internal string NextCheckpointFolder(BucketId bucket) =>
        Path.Combine(Options.DataDirectory, CheckpointsName, $"{bucket.ToString().Replace('/', '-')}-{Interlocked.Increment(ref _checkpoints)}");

    /// <summary>Lets one engine at a time work on a bucket's folder.</summary>
    internal void Take(BucketId bucket)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (!_buckets.TryAdd(bucket, true))
            throw new GridException(GridErrorCode.Closing, $"Bucket {bucket} is still open on this node; ask again when it is closed.");
    }

    internal void Release(BucketId bucket) => _buckets.TryRemove(bucket, out _);

    private static bool TryParse(string text, out BucketId bucket)
    {
        bucket = default;
        try
        {
            bucket = BucketId.Parse(text);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private (IDisposable Lock, NodeIdentity Identity) TakeDirectory()
    {
        var directory = Options.DataDirectory;
        IDisposable? held = null;
        try
        {
            Files.CreateDirectory(directory);
            held = Files.TryLock(Path.Combine(directory, LockName))
                ?? throw new GridException(GridErrorCode.DirectoryInUse,
                    $"The data directory {directory} is in use by another process; stop that one (it holds {LockName} there), connect to it, or give this one a directory of its own.");
            Files.DeleteDirectory(Path.Combine(directory, CheckpointsName));
            return (held, NodeIdentityFile.LoadOrCreate(Files, directory, Options.NodeName, Time));
        }
        catch (Exception e)
        {
            held?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new GridException(GridErrorCode.StorageFailed, $"The data directory {directory} cannot be used: {e.Message} Make it writable or choose another one.", e);
            throw;
        }
    }
}
