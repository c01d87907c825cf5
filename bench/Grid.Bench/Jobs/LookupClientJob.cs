using System.Diagnostics;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Jobs;

/// <summary>Batched lookups through the client from another process against RocksDB's MultiGet on the same data.</summary>
internal sealed class LookupClientJob : BenchJob
{
    private const int BatchKeys = 2000;
    private const int InFlight = 4;

    public override string Name => "lookup-client";

    public override string Description => "batched lookup of random keys among 2 M rows of 100 B through the client from another process";

    public override string Against => "RocksDB MultiGet on the same data";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var folder = context.Folder(Name);
        var rows = context.Scaled(2_000_000) / BatchKeys * BatchKeys;
        await using var session = await ServerSession.StartAsync(Path.Combine(folder, "data"));
        await using var table = await session.Client.CreateTableAsync(NarrowRows.Table("bench.narrow", buckets: 4), cancellationToken);
        using var rocks = new RawRocks(Path.Combine(folder, "raw"));
        rocks.Load(rows);
        await using (var writer = table.CreateWriter())
        {
            for (var start = 0; start < rows; start += BatchKeys)
            {
                var keys = new long[BatchKeys];
                for (var i = 0; i < keys.Length; i++)
                    keys[i] = start + i;
                await writer.AddAsync(NarrowRows.Batch(table.Info.Schema, keys, 0), cancellationToken);
            }

            await writer.FlushAsync(cancellationToken);
        }

        var before = await session.GarbageAsync();
        var count = context.Scaled(1_000_000) / BatchKeys * BatchKeys;
        var figure = await PairedRounds.MeasureAsync(
            context.Rounds,
            round => LookupAsync(table, RandomKeys(rows, count, round), cancellationToken),
            round => Task.FromResult(rocks.MultiGet(RandomKeys(rows, count, round), BatchKeys)));
        var after = await session.GarbageAsync();
        var perKey = (after.AllocatedBytes - before.AllocatedBytes) / ((double)count * (context.Rounds + 1));
        return
        [
            figure.ToResult("throughput", 0.50, "keys/s"),
            new BenchResult("server allocation per key", "", $"{perKey:0.0} B", null, ""),
        ];
    }

    private static long[] RandomKeys(int rows, int count, int seed)
    {
        var random = new Random(seed);
        var keys = new long[count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = random.NextInt64(rows);
        return keys;
    }

    private static async Task<double> LookupAsync(GridTable table, long[] keys, CancellationToken cancellationToken)
    {
        var schema = ArrowSchemas.ToArrow(table.Info.Schema, [table.Info.Schema.GetColumn("id").Id], change: false, version: false);
        var watch = Stopwatch.StartNew();
        var inFlight = new Queue<Task<LookupRows>>();
        for (var start = 0; start < keys.Length; start += BatchKeys)
        {
            if (inFlight.Count == InFlight)
                Check(await inFlight.Dequeue());
            var ids = new Int64Array.Builder().Reserve(BatchKeys).Append(keys.AsSpan(start, Math.Min(BatchKeys, keys.Length - start))).Build();
            inFlight.Enqueue(table.LookupAsync(new RecordBatch(schema, [ids], ids.Length), columns: null, cancellationToken));
        }

        while (inFlight.TryDequeue(out var lookup))
            Check(await lookup);
        return keys.Length / watch.Elapsed.TotalSeconds;
    }

    private static void Check(LookupRows rows)
    {
        if (rows.Found.Length == 0 || rows.RowOf(rows.Count - 1) < 0)
            throw new InvalidOperationException("A key was not found.");
    }
}
