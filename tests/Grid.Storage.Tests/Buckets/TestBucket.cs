using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Files;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Buckets;

/// <summary>A bucket on a node of its own, in a folder that goes with it; it can be closed and opened again.</summary>
internal sealed class TestBucket : IAsyncDisposable
{
    private readonly string _directory;
    private readonly IFileStore _files;
    private readonly StorageNodeOptions _options;
    private StorageNode _node = null!;

    private TestBucket(string directory, IFileStore files, StorageNodeOptions options, TableInfo table)
    {
        _directory = directory;
        _files = files;
        _options = options;
        Table = table;
    }

    public ManualTimeProvider Time { get; } = new();

    public TableInfo Table { get; set; }

    public BucketEngine Engine { get; private set; } = null!;

    public string LogDirectory => Path.Combine(_directory, "buckets", "1", "0", "0", "log");

    public string[] Segments => [.. _files.List(LogDirectory).Select(name => Path.Combine(LogDirectory, name))];

    public static async Task<TestBucket> OpenAsync(TableInfo? table = null, FlushPolicy flush = FlushPolicy.Os, IFileStore? files = null, int queueMax = 4096)
    {
        var directory = files is null ? Directory.CreateTempSubdirectory("grid-log-").FullName : "/faulty";
        var options = new StorageNodeOptions { DataDirectory = directory, DefaultFlush = flush, WriteQueueMax = queueMax };
        var bucket = new TestBucket(directory, files ?? new DiskFileStore(), options, table ?? LogTable.Table);
        await bucket.OpenAsync();
        return bucket;
    }

    public async Task OpenAsync()
    {
        _node = new StorageNode(_options, Time, _files);
        try
        {
            Engine = await BucketEngine.OpenAsync(_node, LogTable.Bucket, Table, CancellationToken.None);
        }
        catch
        {
            await _node.DisposeAsync();
            throw;
        }
    }

    public async Task CloseAsync()
    {
        await Engine.DisposeAsync();
        await _node.DisposeAsync();
    }

    public async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public Task<AppendAnswer> AppendAsync(params FrameBlock[] frames) => Engine.AppendAsync(LogTable.Append(frames), CancellationToken.None);

    /// <summary>All committed frames from an offset on.</summary>
    public async Task<List<Frame>> ReadAsync(long from = 0, FetchRequest? like = null)
    {
        List<Frame> frames = [];
        var next = new LogOffset(from);
        while (true)
        {
            var answer = await Engine.FetchAsync((like ?? new FetchRequest { Offset = default }) with { Offset = next }, CancellationToken.None);
            frames.AddRange(LogTable.Frames(answer.Frames));
            answer.Frames?.Dispose();
            if (answer.NextOffset == answer.HighWatermark)
                return frames;
            Assert.True(answer.NextOffset > next, "A fetch below the high watermark did not move the reader.");
            next = answer.NextOffset;
        }
    }

    public async Task<List<long>> ReadIdsAsync(long from = 0) => [.. (await ReadAsync(from)).SelectMany(frame => LogTable.Ids(frame, Table.GetSchema(frame.Header.SchemaVersion)))];

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_files is DiskFileStore)
            Directory.Delete(_directory, recursive: true);
    }
}
