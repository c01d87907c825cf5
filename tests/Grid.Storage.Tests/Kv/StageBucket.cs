using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Kv;
using Grid.Testing.Rows;

namespace Grid.Storage.Tests.Kv;

/// <summary>
/// A shard and its stage over a log in memory: groups are what the test says, every frame is kept, and a crash is a copy of the folder as it lies on
/// disk, without what RocksDB has not flushed.
/// </summary>
internal sealed class StageBucket : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("grid-kv-").FullName;
    private readonly RocksResources _resources = new(8 << 20, 8 << 20);
    private readonly StorageNodeOptions _options = new() { DataDirectory = "" };
    private string _path;
    private int _copies;
    private KeyValueStage _stage = null!;

    public StageBucket(TableInfo table)
    {
        Table = table;
        _path = Path.Combine(_root, "kv");
        Open();
    }

    public TableInfo Table { get; private set; }

    public KeyValueShard Shard { get; private set; } = null!;

    /// <summary>Whole frames as a log would have stamped them.</summary>
    public List<byte[]> Log { get; } = [];

    public LogOffset End { get; private set; }

    public List<ChangeRow> Changelog => [.. Log.SelectMany(frame => KvFrames.ReadChangelog(frame, Table))];

    /// <summary>Writes one group and answers each request: its answer, or the refusal.</summary>
    public List<(WriteAnswer? Answer, Refusal? Refusal)> WriteGroup(params WriteRequest[] requests) => WriteGroup(fails: false, requests);

    /// <summary>As above; a group that fails never gets past the log.</summary>
    public List<(WriteAnswer? Answer, Refusal? Refusal)> WriteGroup(bool fails, params WriteRequest[] requests)
    {
        var group = new WriteGroup();
        group.Start(End, timestampMs: 1);
        foreach (var request in requests)
        {
            FrameHeader.TryRead(request.Frame.Span, out var header);
            group.Add(new PendingWrite(request.Frame, [new Frame(header, request.Frame.Memory[FrameHeader.Size..])], request));
        }

        _stage.Prepare(group);
        var writes = group.Writes.ToList();
        if (!fails && group.Frames.Count > 0)
        {
            foreach (var frame in group.Frames)
            {
                var bytes = new byte[frame.Header.FrameLength];
                (frame.Header with { BaseOffset = End, TimestampMs = 1 }).Write(bytes);
                frame.Message.CopyTo(bytes.AsMemory(FrameHeader.Size));
                Log.Add(bytes);
                End += frame.Header.OffsetSpan;
            }

            Assert.Equal(End, group.NextOffset);
            _stage.Apply(group);
            Assert.Equal(End, Shard.AppliedOffset);
        }

        group.Complete();
        return [.. writes.Select(write => ((write.Answer ?? new WriteAnswer()) with { BaseOffset = write.BaseOffset, EndOffset = write.EndOffset }, write.Refusal))
            .Select(pair => ((WriteAnswer?)pair.Item1, pair.Refusal))];
    }

    /// <summary>Writes one request that must not be refused.</summary>
    public WriteAnswer Write(WriteRequest request)
    {
        var (answer, refusal) = WriteGroup(request)[0];
        Assert.Null(refusal);
        return answer!;
    }

    public void Update(TableInfo table)
    {
        Table = table;
        Shard.Update(table);
    }

    /// <summary>All rows in key order, in the newest schema, with their versions.</summary>
    public async Task<List<(string Row, long Version)>> ReadAllAsync()
    {
        var rows = new List<(string, long)>();
        var answer = await Shard.OpenScanAsync(new ScanRequest { SchemaVersion = Table.Schema.Version, Versions = true }, default);
        while (true)
        {
            rows.AddRange(KvFrames.ReadRows(answer.Rows, Table.Schema).Select(row => (ArrowRows.Text([row.Row]), row.Version)));
            answer.Rows?.Dispose();
            if (answer.ScanId == 0)
                return rows;
            answer = await Shard.NextScanAsync(answer.ScanId, answer.Page + 1, default);
        }
    }

    /// <summary>The rows found under keys, in order of the keys.</summary>
    public async Task<List<(object?[] Row, long Version)>> LookupAsync(params object?[][] keys)
    {
        using var block = KvFrames.Keys(Table.Schema, keys);
        var answer = await Shard.LookupAsync(new LookupRequest { Keys = block, SchemaVersion = Table.Schema.Version, Versions = true }, default);
        Assert.Equal(keys.Length, answer.Answered);
        var rows = KvFrames.ReadRows(answer.Rows, Table.Schema);
        answer.Rows?.Dispose();
        return rows;
    }

    /// <summary>Closes and opens again.</summary>
    public async Task ReopenAsync()
    {
        await CloseAsync();
        Open();
        Assert.Equal(End, Shard.AppliedOffset);
    }

    /// <summary>What a killed process leaves: the files as they are now.</summary>
    public async Task CrashAsync()
    {
        var copy = Path.Combine(_root, $"kv{++_copies}");
        while (!TryCopy(copy))
            Directory.Delete(copy, recursive: true);
        await CloseAsync();
        _path = copy;
        Open();
        Assert.Equal(End, Shard.AppliedOffset);
    }

    /// <summary>Deletes or spoils the folder between close and open.</summary>
    public async Task ReopenAsync(Action<string> between)
    {
        await CloseAsync();
        between(_path);
        Open();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _resources.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>Copies the manifest first: it then speaks of files that are there, unless a compaction deletes one meanwhile.</summary>
    private bool TryCopy(string copy)
    {
        Directory.CreateDirectory(copy);
        try
        {
            foreach (var file in Directory.GetFiles(_path).OrderBy(file => file.EndsWith(".sst", StringComparison.Ordinal)))
                if (Path.GetFileName(file) != "LOCK")
                    File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private async Task CloseAsync()
    {
        _stage.Dispose();
        await Shard.DisposeAsync();
    }

    private void Open()
    {
        Shard = KeyValueShard.Open(_path, Table, _resources, _options, LogOffset.Zero, End, TimeProvider.System);
        using (var replay = Shard.Replay())
        {
            foreach (var bytes in Log)
            {
                FrameHeader.TryRead(bytes, out var header);
                if (header.EndOffset > Shard.AppliedOffset)
                    replay.Add(new Frame(header, bytes.AsMemory(FrameHeader.Size)));
            }

            Shard.Finish(replay);
        }

        _stage = new KeyValueStage(Shard);
    }
}
