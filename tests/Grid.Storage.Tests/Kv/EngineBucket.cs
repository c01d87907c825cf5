using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Testing.Rows;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Kv;

/// <summary>A primary-key bucket on the real engine, in a folder that goes with it; a crash is a copy of its files while it runs.</summary>
internal sealed class EngineBucket : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grid-kv-").FullName;
    private string _directory;
    private int _copies;
    private StorageNode _node = null!;

    private EngineBucket(TableInfo table)
    {
        Table = table;
        _directory = Path.Combine(_root, "0");
    }

    public ManualTimeProvider Time { get; } = new();

    public TableInfo Table { get; private set; }

    public BucketEngine Engine { get; private set; } = null!;

    public static async Task<EngineBucket> OpenAsync(TableInfo table)
    {
        var bucket = new EngineBucket(table);
        await bucket.OpenAsync();
        return bucket;
    }

    public void Update(TableInfo table)
    {
        Table = table;
        Engine.Update(table);
    }

    public async Task<WriteAnswer> WriteAsync(WriteRequest request)
    {
        try
        {
            return await Engine.WriteAsync(request, default);
        }
        finally
        {
            request.Frame.Dispose();
        }
    }

    /// <summary>The rows found under keys, in order of the keys, in the newest schema.</summary>
    public async Task<(List<(object?[] Row, long Version)> Rows, LogOffset Applied)> LookupAsync(LogOffset floor, params object?[][] keys)
    {
        using var block = KvFrames.Keys(Table.Schema, keys);
        var answer = await Engine.LookupAsync(new LookupRequest { Keys = block, SchemaVersion = Table.Schema.Version, Versions = true, Floor = floor }, default);
        var rows = KvFrames.ReadRows(answer.Rows, Table.Schema);
        answer.Rows?.Dispose();
        return (rows, answer.AppliedOffset);
    }

    /// <summary>All rows in key order.</summary>
    public async Task<List<(string Row, long Version)>> ReadAllAsync()
    {
        var rows = new List<(string, long)>();
        var answer = await Engine.OpenScanAsync(new ScanRequest { SchemaVersion = Table.Schema.Version, Versions = true }, default);
        while (true)
        {
            rows.AddRange(KvFrames.ReadRows(answer.Rows, Table.Schema).Select(row => (ArrowRows.Text([row.Row]), row.Version)));
            answer.Rows?.Dispose();
            if (answer.ScanId == 0)
                return rows;
            answer = await Engine.NextScanAsync(answer.ScanId, answer.Page + 1, default);
        }
    }

    /// <summary>The changelog from an offset to the high watermark.</summary>
    public async Task<List<ChangeRow>> ReadChangelogAsync(LogOffset from = default)
    {
        var rows = new List<ChangeRow>();
        while (true)
        {
            var answer = await Engine.FetchAsync(new FetchRequest { Offset = from }, default);
            for (var at = 0; at < (answer.Frames?.Length ?? 0);)
            {
                FrameHeader.TryRead(answer.Frames!.Span[at..], out var header);
                rows.AddRange(KvFrames.ReadChangelog(answer.Frames.Memory.Slice(at, header.FrameLength), Table));
                at += header.FrameLength;
            }

            answer.Frames?.Dispose();
            from = answer.NextOffset;
            if (from == answer.HighWatermark)
                return rows;
        }
    }

    /// <summary>Where the index of its rows in the lake is.</summary>
    public string LakeFolder => Path.Combine(_directory, "buckets", "1", "0", "0", "lake");

    public async Task ReopenAsync(Action? meanwhile = null)
    {
        await CloseAsync();
        meanwhile?.Invoke();
        await OpenAsync();
    }

    /// <summary>Copies the files as they lie there; <see cref="RestartFromAsync"/> goes on from the copy.</summary>
    public string CopyFiles()
    {
        while (true)
        {
            var copy = Path.Combine(_root, $"{++_copies}");
            try
            {
                // The log last: it has all that the shard's files have. Of the shard the manifest first: it then speaks of files that are there.
                foreach (var file in Directory.GetFiles(_directory, "*", SearchOption.AllDirectories)
                    .Where(file => Path.GetFileName(file) is not ("LOCK" or "grid.lock"))
                    .OrderBy(file => file.Contains("/log/", StringComparison.Ordinal) ? 2 : file.EndsWith(".sst", StringComparison.Ordinal) ? 1 : 0))
                {
                    var target = Path.Combine(copy, Path.GetRelativePath(_directory, file));
                    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    File.Copy(file, target);
                }

                return copy;
            }
            catch (FileNotFoundException)
            {
                // A compaction deleted a file meanwhile.
            }
        }
    }

    public async Task RestartFromAsync(string copy)
    {
        await CloseAsync();
        _directory = copy;
        await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_root, recursive: true);
    }

    private async Task OpenAsync()
    {
        _node = new StorageNode(new StorageNodeOptions { DataDirectory = _directory, DefaultFlush = FlushPolicy.Os, WriteBufferBytes = 1 << 20 }, Time);
        Engine = await BucketEngine.OpenAsync(_node, Table.Bucket(0), Table, default);
    }

    private async Task CloseAsync()
    {
        await Engine.DisposeAsync();
        await _node.DisposeAsync();
    }
}
