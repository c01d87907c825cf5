using System.Diagnostics;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Jobs.Cluster;

/// <summary>Reads of tables with three copies against tables with one on the same three nodes: a leader answers alone, as long as its epoch is confirmed.</summary>
internal sealed class ClusterReadJob : BenchJob
{
    private const double Asked = 0.90;
    private const double MiB = 1 << 20;
    private const int Buckets = 6;

    // A lookup of a bucket on the gateway's own node saves a hop; over many buckets both tables have as many of them.
    private const int SingleBuckets = 48;
    private const int BatchRows = 2000;
    private const int SingleRows = 50 * BatchRows;
    private const int InFlight = 4;

    public override string Name => "cluster-read";

    public override string Description => "lookups and scans on three nodes of this machine, factor 3";

    public override string Against => "the same with factor 1";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var cluster = await NodeCluster.StartAsync(context.Folder(Name), cancellationToken);
        var rows = context.Scaled(1_000_000) / BatchRows * BatchRows;
        await using var narrowOne = await FillAsync(cluster.Client, NarrowRows.Table("bench.narrow_1", Buckets), 1, rows / BatchRows, Narrow, cancellationToken);
        await using var narrowThree = await FillAsync(cluster.Client, NarrowRows.Table("bench.narrow_3", Buckets), 3, rows / BatchRows, Narrow, cancellationToken);
        await using var singleOne = await FillAsync(cluster.Client, NarrowRows.Table("bench.single_1", SingleBuckets), 1, SingleRows / BatchRows, Narrow, cancellationToken);
        await using var singleThree = await FillAsync(cluster.Client, NarrowRows.Table("bench.single_3", SingleBuckets), 3, SingleRows / BatchRows, Narrow, cancellationToken);
        await using var wideOne = await FillAsync(cluster.Client, WideRows.Table("bench.wide_1", Buckets, FrameCompression.None), 1, context.Scaled(128), Wide, cancellationToken);
        await using var wideThree = await FillAsync(cluster.Client, WideRows.Table("bench.wide_3", Buckets, FrameCompression.None), 3, context.Scaled(128), Wide, cancellationToken);

        var single = Math.Max(100, context.Scaled(4000));
        var batched = context.Scaled(600_000) / BatchRows * BatchRows;
        var bytes = (await wideOne.GetStatusAsync(cancellationToken)).Sum(status => status.LogBytes) / MiB;
        return
        [
            await CompareAsync("single lookups, one at a time", "lookups/s", table => LookupSinglyAsync(table, SingleRows, single, cancellationToken), singleThree, singleOne, 4),
            await CompareAsync("batched lookups", "keys/s", table => LookupAsync(table, rows, batched, cancellationToken), narrowThree, narrowOne),
            await CompareAsync("scan of a primary-key table", "rows/s", async table => rows / await ScanAsync(table, cancellationToken), narrowThree, narrowOne),
            await CompareAsync("scan of a log table", "MiB/s", async table => bytes / await ScanAsync(table, cancellationToken), wideThree, wideOne),
        ];

        async Task<BenchResult> CompareAsync(string figure, string unit, Func<GridTable, Task<double>> read, GridTable three, GridTable one, int roundsEach = 2) =>
            (await PairedRounds.MeasureAsync(roundsEach * context.Rounds, _ => read(three), _ => read(one))).ToResult(figure, Asked, unit);
    }

    private static RecordBatch Narrow(TableSchema schema, int index) =>
        NarrowRows.Batch(schema, [.. Enumerable.Range(index * BatchRows, BatchRows).Select(key => (long)key)], 0);

    private static RecordBatch Wide(TableSchema schema, int index) => WideRows.Batch(schema, BatchRows, index % 16);

    private static async Task<GridTable> FillAsync(
        GridClient client, CreateTable definition, int replicas, int batches, Func<TableSchema, int, RecordBatch> make, CancellationToken cancellationToken)
    {
        var options = definition.Options with { Replicas = replicas, MinInSync = replicas == 1 ? 1 : 2 };
        var table = await client.CreateTableAsync(definition with { Options = options }, cancellationToken);
        await using (var writer = table.CreateWriter())
        {
            for (var i = 0; i < batches; i++)
                await writer.AddAsync(make(table.Info.Schema, i), cancellationToken);
            await writer.FlushAsync(cancellationToken);
        }

        await NodeCluster.WaitUntilInSyncAsync(table, replicas, cancellationToken);
        return table;
    }

    private static async Task<double> LookupSinglyAsync(GridTable table, int rows, int count, CancellationToken cancellationToken)
    {
        var random = new Random(count);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
            _ = await table.LookupAsync([random.NextInt64(rows)], columns: null, cancellationToken) ?? throw new InvalidOperationException("A key was not found.");
        return count / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> LookupAsync(GridTable table, int rows, int count, CancellationToken cancellationToken)
    {
        var random = new Random(count);
        var schema = ArrowSchemas.ToArrow(table.Info.Schema, [table.Info.Schema.GetColumn("id").Id], change: false, version: false);
        var watch = Stopwatch.StartNew();
        var inFlight = new Queue<Task<LookupRows>>();
        for (var start = 0; start < count; start += BatchRows)
        {
            if (inFlight.Count == InFlight)
                Check(await inFlight.Dequeue());
            var ids = new Int64Array.Builder().Reserve(BatchRows);
            for (var i = 0; i < BatchRows; i++)
                ids.Append(random.NextInt64(rows));
            inFlight.Enqueue(table.LookupAsync(new RecordBatch(schema, [ids.Build()], BatchRows), columns: null, cancellationToken));
        }

        while (inFlight.TryDequeue(out var lookup))
            Check(await lookup);
        return count / watch.Elapsed.TotalSeconds;
    }

    private static void Check(LookupRows rows)
    {
        for (var i = 0; i < rows.Count; i++)
            if (rows.RowOf(i) < 0)
                throw new InvalidOperationException("A key was not found.");
    }

    private static async Task<double> ScanAsync(GridTable table, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        long rows = 0;
        await foreach (var batch in table.ScanAsync(new ScanOptions(), cancellationToken))
        {
            using (batch)
                rows += batch.RowCount;
        }

        return rows > 0 ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException("The scan found no rows.");
    }
}
