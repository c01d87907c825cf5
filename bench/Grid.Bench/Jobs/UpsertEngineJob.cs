using System.Diagnostics;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Storage;
using Grid.Storage.Buckets;

namespace Grid.Bench.Jobs;

/// <summary>Upserts rows of random keys into one bucket, changelog on, engine alone, against a loop of RocksDB Get and Put over the same keys.</summary>
internal sealed class UpsertEngineJob : BenchJob
{
    private const int FrameRows = 2000; // about 200 KiB
    private const int InFlight = 4;

    public override string Name => "upsert-engine";

    public override string Description => "upsert random keys of 2 M rows of 100 B, changelog on, engine alone";

    public override string Against => "a RocksDB Get + Put loop, WAL off, over the same keys";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var folder = context.Folder(Name);
        var rows = context.Scaled(2_000_000) / FrameRows * FrameRows;
        var table = EngineTables.Info(NarrowRows.Table("bench.narrow", buckets: 1));
        await using var node = new StorageNode(new StorageNodeOptions { DataDirectory = Path.Combine(folder, "data") }, TimeProvider.System);
        await using var engine = await BucketEngine.OpenAsync(node, table.Bucket(0), table, cancellationToken);
        using var rocks = new RawRocks(Path.Combine(folder, "raw"));
        rocks.Load(rows);
        var ordered = new long[rows];
        for (var i = 0; i < rows; i++)
            ordered[i] = i;
        await UpsertAsync(engine, table.Schema, ordered, 0, cancellationToken);

        var figure = await PairedRounds.MeasureAsync(
            context.Rounds,
            round => UpsertAsync(engine, table.Schema, RandomKeys(rows, round), round + 1, cancellationToken),
            round => Task.FromResult(rocks.GetPut(RandomKeys(rows, round), round + 1)));
        return [figure.ToResult("throughput", 0.60, "rows/s")];
    }

    private static long[] RandomKeys(int rows, int seed)
    {
        var random = new Random(seed);
        var keys = new long[rows / 2 / FrameRows * FrameRows];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = random.NextInt64(rows);
        return keys;
    }

    private static async Task<double> UpsertAsync(BucketEngine engine, TableSchema schema, long[] keys, int seed, CancellationToken cancellationToken)
    {
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None, Statistics = false });
        var frames = new List<FrameBlock>();
        for (var start = 0; start < keys.Length; start += FrameRows)
        {
            using var batch = NarrowRows.Batch(schema, keys.AsSpan(start, Math.Min(FrameRows, keys.Length - start)), seed);
            frames.Add(encoder.Encode(batch, schema, null, FrameFlags.None, default, 0));
        }

        var watch = Stopwatch.StartNew();
        var inFlight = new Queue<(FrameBlock Frame, Task<WriteAnswer> Answer)>();
        foreach (var frame in frames)
        {
            if (inFlight.Count == InFlight)
                await FinishAsync(inFlight.Dequeue());
            inFlight.Enqueue((frame, engine.WriteAsync(new WriteRequest { Frame = frame }, cancellationToken)));
        }

        while (inFlight.TryDequeue(out var write))
            await FinishAsync(write);
        return keys.Length / watch.Elapsed.TotalSeconds;
    }

    private static async Task FinishAsync((FrameBlock Frame, Task<WriteAnswer> Answer) write)
    {
        await write.Answer;
        write.Frame.Dispose();
    }
}
