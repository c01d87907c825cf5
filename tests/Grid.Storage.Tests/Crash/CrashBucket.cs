using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Tests.Kv;
using Grid.Testing.Files;
using Grid.Testing.Rows;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Crash;

/// <summary>What a crash leaves of the shard's folder.</summary>
internal enum ShardFate
{
    /// <summary>Its files as they are at that moment: what is in memtables is lost.</summary>
    Killed,

    /// <summary>All that was applied.</summary>
    Flushed,

    /// <summary>An earlier state.</summary>
    Older,

    /// <summary>Nothing.</summary>
    Lost,
}

/// <summary>A primary-key bucket on the real engine: its log on a faulty store, its shard on disk.</summary>
internal sealed class CrashBucket : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grid-crash-").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly FlushPolicy _flush;
    private StorageNode? _node;
    private int _copies;
    private string? _older;

    public CrashBucket(TableInfo table, FlushPolicy flush, int seed)
    {
        Table = table;
        _flush = flush;
        Store = new FaultyFileStore(seed);
    }

    public FaultyFileStore Store { get; private set; }

    public TableInfo Table { get; private set; }

    public BucketEngine Engine { get; private set; } = null!;

    private string Data => Path.Combine(_root, "data");

    private string Shard => Path.Combine(Data, "buckets", Table.Bucket(0).ToString(), "kv");

    public void Advance(TimeSpan time) => _time.Advance(time);

    public void Update(TableInfo table)
    {
        Table = table;
        Engine.Update(table);
    }

    public async Task OpenAsync()
    {
        _node = new StorageNode(new StorageNodeOptions { DataDirectory = Data, DefaultFlush = _flush, BlockCacheBytes = 1 << 20, WriteBufferBytes = 1 << 20 }, _time, Store);
        try
        {
            Engine = await BucketEngine.OpenAsync(_node, Table.Bucket(0), Table, default);
        }
        catch
        {
            await _node.DisposeAsync();
            _node = null;
            throw;
        }
    }

    /// <summary>Closes; a log that crashed has nothing to say any more.</summary>
    public async Task CloseAsync()
    {
        if (_node is null)
            return;
        try
        {
            await Engine.DisposeAsync();
        }
        catch (IOException) when (Store.Crashed)
        {
        }

        await _node.DisposeAsync();
        _node = null;
    }

    /// <summary>Remembers the shard's files as they are now, for <see cref="ShardFate.Older"/>.</summary>
    public void KeepOlder() => _older = CopyShard();

    /// <summary>Ends the process or the machine and starts again with what that leaves.</summary>
    public async Task CrashAsync(bool powerLoss, ShardFate fate, int seed)
    {
        var left = fate == ShardFate.Killed ? CopyShard() : fate == ShardFate.Older ? _older : null;
        var store = Store.AfterCrash(powerLoss, seed);
        await CloseAsync();
        Store = store;
        if (fate != ShardFate.Flushed)
            ReplaceShard(left);
        await OpenAsync();
    }

    /// <summary>Puts a copy in the shard's place; null: nothing. The bucket is closed.</summary>
    public void ReplaceShard(string? copy)
    {
        if (Directory.Exists(Shard))
            Directory.Delete(Shard, recursive: true);
        if (copy is null)
            return;
        Directory.CreateDirectory(Shard);
        foreach (var file in Directory.GetFiles(copy))
            File.Copy(file, Path.Combine(Shard, Path.GetFileName(file)));
    }

    /// <summary>Copies the shard's files: manifest first, so that it speaks of files that are there.</summary>
    public string CopyShard()
    {
        while (true)
        {
            var copy = Path.Combine(_root, $"kv{++_copies}");
            Directory.CreateDirectory(copy);
            try
            {
                foreach (var file in Directory.GetFiles(Shard).OrderBy(file => file.EndsWith(".sst", StringComparison.Ordinal)))
                    if (Path.GetFileName(file) != "LOCK")
                        File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
                return copy;
            }
            catch (FileNotFoundException)
            {
                // A compaction deleted a file meanwhile.
            }
        }
    }

    /// <summary>All rows in key order with their versions.</summary>
    public async Task<List<(string Row, long Version)>> ScanAsync()
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

    /// <summary>The rows found under keys, in the keys' order.</summary>
    public async Task<List<(string Row, long Version)>> LookupAsync(IEnumerable<long> ids)
    {
        using var keys = KvFrames.Keys(Table.Schema, [.. ids.Select(id => new object?[] { id })]);
        var answer = await Engine.LookupAsync(new LookupRequest { Keys = keys, SchemaVersion = Table.Schema.Version, Versions = true }, default);
        var rows = KvFrames.ReadRows(answer.Rows, Table.Schema).Select(row => (ArrowRows.Text([row.Row]), row.Version)).ToList();
        answer.Rows?.Dispose();
        return rows;
    }

    /// <summary>Every committed change from the start of the log on, in its frame's schema.</summary>
    public async Task<List<(ChangeKind Kind, TableSchema Schema, object?[] Row, long Offset)>> ChangesAsync()
    {
        var changes = new List<(ChangeKind, TableSchema, object?[], long)>();
        var next = Engine.GetStatus().StartOffset;
        while (true)
        {
            var answer = await Engine.FetchAsync(new FetchRequest { Offset = next }, default);
            using var frames = answer.Frames;
            if (frames is not null)
            {
                var reader = new FrameReader(frames.Memory);
                while (reader.Read())
                {
                    var (header, message) = reader.Current;
                    var schema = Table.GetSchema(header.SchemaVersion);
                    var batch = FrameDecoder.Decode(message, header.RowCount, ArrowSchemas.ToArrow(schema, null, change: true, version: false));
                    var kinds = ((Apache.Arrow.Int8Array)batch.Column(schema.Columns.Length)).Values.ToArray();
                    changes.AddRange(ArrowRows.Read(schema.Columns, batch).Select((row, i) => ((ChangeKind)kinds[i], schema, row, header.BaseOffset.Value + i)));
                }
            }

            next = answer.NextOffset;
            if (next == answer.HighWatermark)
                return changes;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        Directory.Delete(_root, recursive: true);
    }
}
