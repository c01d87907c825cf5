using System.Diagnostics;
using Grid.Abstractions;
using Grid.Storage.Tests.Kv;
using Grid.Testing.Fuzzing;
using Grid.Testing.Rows;
using Xunit.Abstractions;

namespace Grid.Storage.Tests.Fuzz;

/// <summary>
/// Hostile requests at the real engine: refused with a clear error and without a trace, or done; the process lives, memory stays bounded, and the bucket works
/// as before. GRID_FUZZ_INPUTS sets how many, GRID_SEED which.
/// </summary>
[Collection(FuzzCollection.Name)]
public sealed class RequestFuzzTests(ITestOutputHelper output)
{
    private const int CheckEvery = 4096;
    private static readonly int Inputs = FuzzSettings.Inputs(8_000);
    private readonly long[] _sequences = new long[4];

    [Fact]
    [Trait("Category", "Fuzz")]
    public Task A_log_table_takes_no_harm_from_any_request() => Task.Run(() => RunAsync(FuzzTables.Log, async (bucket, mutator, random) =>
    {
        var frames = new List<byte[]>();
        for (var count = random.Next(6) == 0 ? random.Next(0, 8) : 1; count > 0; count--)
            frames.Add(Stamped(mutator.Next(out _), random));
        byte[] bytes = [.. frames.SelectMany(frame => frame)];
        if (random.Next(40) == 0)
            bytes = [.. bytes, .. bytes[..random.Next(bytes.Length + 1)]];
        var request = new AppendRequest { Frames = random.Next(500) == 0 ? null! : FrameBlock.Wrap(bytes) };
        if (await bucket.AskAsync(() => bucket.Engine.AppendAsync(request, default)) is not { } answer)
            return;
        Assert.True(answer.BaseOffset < answer.EndOffset && answer.EndOffset <= bucket.Engine.LogEndOffset);

        // What was taken can be read, projected and filtered, whatever is in it.
        var schema = FuzzTables.Log.Schema;
        var fetch = new FetchRequest
        {
            Offset = answer.BaseOffset,
            Project = random.Next(2) == 0,
            Columns = [schema.Columns[random.Next(schema.Columns.Length)].Id, schema.Columns[0].Id],
            Filter = random.Next(2) == 0 ? new NullPredicate(schema.Columns[2].Id, Negated: true) : null,
            SchemaVersion = schema.Version,
        };
        if (fetch.Columns[0] != fetch.Columns[1] && answer.BaseOffset >= bucket.Status.StartOffset)
            (await bucket.Engine.FetchAsync(fetch, default)).Frames?.Dispose();
    }));

    [Fact]
    [Trait("Category", "Fuzz")]
    public Task A_primary_key_table_takes_no_harm_from_any_request() => Task.Run(async () =>
    {
        var table = FuzzTables.PrimaryKey;
        await RunAsync(table, async (bucket, mutator, random) =>
        {
            var frame = Stamped(mutator.Next(out var seed), random);
            ColumnId[] wanted = _targets[seed] ?? [];
            if (random.Next(30) == 0)
                wanted = [.. Enumerable.Range(0, random.Next(6)).Select(_ => new ColumnId(random.Next(10) == 0 ? (int)mutator.Extreme() : random.Next(1, 26)))];
            var request = new WriteRequest
            {
                Frame = random.Next(500) == 0 ? null! : FrameBlock.Wrap(frame),
                Targets = random.Next(200) == 0 ? default : [.. wanted],
                Mode = (WriteMode)(random.Next(3) == 0 ? random.Next(4) : 0),
                ExpectedVersions = random.Next(100) == 0 ? default : [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(3) == 0 ? mutator.Extreme() : -1)],
            };
            var end = bucket.Engine.LogEndOffset;
            if (await bucket.AskAsync(() => bucket.Engine.WriteAsync(request, default)) is not { } answer)
                return;
            answer.Rows?.Dispose();
            Assert.True(answer.EndOffset <= bucket.Engine.LogEndOffset);
            if (!answer.ConflictVersions.IsDefaultOrEmpty)
                Assert.Equal(end, bucket.Engine.LogEndOffset);
            Assert.Equal(bucket.Engine.LogEndOffset, bucket.Status.AppliedOffset);
        });
    });

    /// <summary>The target columns of each seed frame.</summary>
    private readonly List<ColumnId[]?> _targets = [];

    private async Task RunAsync(TableInfo table, Func<FuzzBucket, FrameMutator, Random, Task> write)
    {
        output.WriteLine(FuzzSettings.Repeat(Inputs));
        var random = new Random(FuzzSettings.Seed);
        var watch = Stopwatch.StartNew();
        var seeds = Seeds(table, random);
        var mutator = new FrameMutator(seeds, random);
        await using var bucket = new FuzzBucket(table);
        await bucket.OpenAsync();
        var reads = new FuzzedReads(table, bucket, mutator, Keys(table, random), random);
        var input = 0;
        try
        {
            for (; input < Inputs; input++)
            {
                if (random.Next(3) == 0)
                    await reads.AskAsync();
                else
                    await write(bucket, mutator, random);
                if (input % CheckEvery == 0)
                    await bucket.CheckMemoryAsync();
            }

            await bucket.CheckMemoryAsync();
            await StillWorksAsync(bucket, table, seeds[0]);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidOperationException($"Input {input}, {FuzzSettings.Repeat(Inputs)}: {e.Message}", e);
        }

        output.WriteLine($"{bucket.Accepted} of {Inputs} inputs taken, refused {string.Join(", ", bucket.Refused.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))}");
        output.WriteLine($"most memory for one input {bucket.AllocatedMost >> 10} KiB, working set {Environment.WorkingSet >> 20} MiB, {watch.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>The bucket takes a good frame, has what it had after a restart, and its shard is what its changelog says.</summary>
    private static async Task StillWorksAsync(FuzzBucket bucket, TableInfo table, byte[] frame)
    {
        FrameMutator.Stamp(frame, writer: 99, sequence: 0);
        if (!table.HasPrimaryKey)
        {
            // The newest version the log has seen is the oldest it takes.
            frame = FuzzTables.Frame(table.Schema, 5, new Random(1));
            await bucket.Engine.AppendAsync(new AppendRequest { Frames = FrameBlock.Wrap(frame) }, default);
            await bucket.WalkAsync(new FetchRequest { Offset = default });
            var end = bucket.Engine.LogEndOffset;
            await bucket.CloseAsync();
            await bucket.OpenAsync();
            Assert.Equal(end, bucket.Engine.LogEndOffset);
            await bucket.WalkAsync(new FetchRequest { Offset = default, Project = true, SchemaVersion = table.Schema.Version });
            return;
        }

        await bucket.Engine.WriteAsync(new WriteRequest { Frame = FrameBlock.Wrap(frame) }, default);
        await bucket.WalkAsync(new FetchRequest { Offset = default }, changes =>
            FrameDecoder.Decode(changes.Message, changes.Header.RowCount, ArrowSchemas.ToArrow(table.GetSchema(changes.Header.SchemaVersion), null, change: true, version: false)).Dispose());
        var before = await ScanAsync(bucket, table);
        var rebuilds = bucket.Status.StartOffset == LogOffset.Zero;
        await bucket.CloseAsync();
        if (rebuilds)
            Directory.Delete(bucket.ShardFolder, recursive: true);
        await bucket.OpenAsync();
        Assert.Equal(before, await ScanAsync(bucket, table));
    }

    /// <summary>All rows, as the hashes of their frames' columns: values may be nothing that .NET has a type for.</summary>
    private static async Task<List<string>> ScanAsync(FuzzBucket bucket, TableInfo table)
    {
        var rows = new List<string>();
        var answer = await bucket.Engine.OpenScanAsync(new ScanRequest { SchemaVersion = table.Schema.Version, Versions = true }, default);
        while (true)
        {
            if (answer.Rows is { } block)
            {
                FrameHeader.TryRead(block.Span, out var header);
                rows.Add($"{header.RowCount} rows {header.MessageHash:x}");
                block.Dispose();
            }

            if (answer.ScanId == 0)
                return rows;
            answer = await bucket.Engine.NextScanAsync(answer.ScanId, answer.Page + 1, default);
        }
    }

    private byte[] Stamped(byte[] frame, Random random)
    {
        if (random.Next(8) != 0)
            return frame;
        var writer = random.Next(1, _sequences.Length);
        var sequence = random.Next(4) == 0 ? _sequences[writer] + random.Next(-6, 7) : _sequences[writer]++;
        FrameMutator.Stamp(frame, writer, (int)Math.Max(0, sequence));
        return frame;
    }

    private List<byte[]> Seeds(TableInfo table, Random random)
    {
        var seeds = new List<byte[]>();
        for (var i = 0; i < 60; i++)
        {
            // The log refuses versions older than its last: in the newest one, frames are refused for what is wrong with them.
            var schema = table.HasPrimaryKey ? table.Schemas[random.Next(table.Schemas.Length)] : table.Schema;
            var rows = i == 0 ? 3 : random.Next(5) switch { 0 => random.Next(2), 1 => random.Next(100), _ => random.Next(8) };
            ColumnId[]? targets = table.HasPrimaryKey && i > 0 && random.Next(3) == 0
                ? [.. schema.Columns.Where(column => schema.PrimaryKey.Contains(column.Id) || random.Next(2) == 0).Select(column => column.Id)]
                : null;
            seeds.Add(FuzzTables.Frame(schema, rows, random, targets, kinds: table.HasPrimaryKey && i > 0 && random.Next(2) == 0));
            _targets.Add(targets);
        }

        return seeds;
    }

    private static List<byte[]> Keys(TableInfo table, Random random)
    {
        if (!table.HasPrimaryKey)
            return [];
        var schema = table.Schema;
        var blocks = new List<byte[]>();
        for (var i = 0; i < 20; i++)
        {
            var keys = Enumerable.Range(0, random.Next(1, 30)).Select(_ => schema.PrimaryKey.Select(id => (object?)RandomValues.Next(schema.GetColumn(id).Type, random)).ToArray()).ToList();
            using var block = KvFrames.Keys(schema, keys);
            blocks.Add(block.Span.ToArray());
        }

        return blocks;
    }
}
