using System.Diagnostics;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Jobs.Cluster;

/// <summary>Appends and upserts to three nodes on this machine, three copies acknowledged by all in sync against one copy: three times the work on the same cores and the same disk.</summary>
internal sealed class ClusterAppendJob : BenchJob
{
    private const double MiB = 1 << 20;
    private const int Buckets = 6;
    private const int WideBatchRows = 2000;
    private const int NarrowBatchRows = 5000;

    public override string Name => "cluster-append";

    public override string Description => "append and upsert to three nodes on this machine, factor 3, acknowledged by all in sync";

    public override string Against => "the same with factor 1";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var cluster = await NodeCluster.StartAsync(context.Folder(Name), cancellationToken);
        return
        [
            (await AppendAsync(cluster.Client, context, FlushPolicy.Os, cancellationToken)).ToResult("append throughput", 0.30, "MiB/s"),
            (await AppendAsync(cluster.Client, context, FlushPolicy.Commit, cancellationToken)).ToResult("append throughput, fsync of every group", 0, "MiB/s") with { Asked = "", Met = null },
            (await UpsertAsync(cluster.Client, context, cancellationToken)).ToResult("upsert throughput", 0, "rows/s") with { Asked = "", Met = null },
        ];
    }

    private static async Task<PairedFigure> AppendAsync(GridClient client, BenchContext context, FlushPolicy flush, CancellationToken cancellationToken)
    {
        var count = context.Scaled(256); // about 512 MB: less than a segment a bucket
        RecordBatch[]? batches = null;

        // A table of its own for each round, dropped afterwards: what is measured is the way to the file cache, not how fast this disk empties it.
        async Task<double> RunAsync(int round, int replicas)
        {
            var path = $"bench.wide_{flush}_{round}_{replicas}".ToLowerInvariant();
            var definition = WideRows.Table(path, Buckets, FrameCompression.None);
            double rate;
            await using (var table = await client.CreateTableAsync(definition with { Options = Replicated(definition.Options, replicas) with { Flush = flush } }, cancellationToken))
            {
                batches ??= [.. Enumerable.Range(0, 16).Select(seed => WideRows.Batch(table.Info.Schema, WideBatchRows, seed))];
                await OpenAsync(table, Enumerable.Repeat(batches[0].Slice(0, 1), 4 * Buckets), replicas, cancellationToken);
                var before = (await table.GetStatusAsync(cancellationToken)).Sum(status => status.LogBytes);
                var seconds = await WriteAsync(table, Enumerable.Range(0, count).Select(i => batches[i % batches.Length]), cancellationToken);
                var after = await table.GetStatusAsync(cancellationToken);
                RequireInSync(after, replicas);
                rate = (after.Sum(status => status.LogBytes) - before) / MiB / seconds;
            }

            await client.DropTableAsync(path, cancellationToken: cancellationToken);
            return rate;
        }

        return await PairedRounds.MeasureAsync(context.Rounds, round => RunAsync(round, 3), round => RunAsync(round, 1));
    }

    private static async Task<PairedFigure> UpsertAsync(GridClient client, BenchContext context, CancellationToken cancellationToken)
    {
        var count = context.Scaled(200); // 1 M rows of 100 bytes
        async Task<double> RunAsync(int round, int replicas)
        {
            var path = $"bench.narrow_{round}_{replicas}";
            var definition = NarrowRows.Table(path, Buckets);
            double seconds;
            await using (var table = await client.CreateTableAsync(definition with { Options = Replicated(definition.Options, replicas) }, cancellationToken))
            {
                var schema = table.Info.Schema;
                var batches = Enumerable.Range(0, count)
                    .Select(i => NarrowRows.Batch(schema, [.. Enumerable.Range(i * NarrowBatchRows, NarrowBatchRows).Select(key => (long)key)], round)).ToArray();
                await OpenAsync(table, [batches[0].Slice(0, 16 * Buckets)], replicas, cancellationToken);
                seconds = await WriteAsync(table, batches, cancellationToken);
                RequireInSync(await table.GetStatusAsync(cancellationToken), replicas);
            }

            await client.DropTableAsync(path, cancellationToken: cancellationToken);
            return count * NarrowBatchRows / seconds;
        }

        return await PairedRounds.MeasureAsync(context.Rounds, round => RunAsync(round, 3), round => RunAsync(round, 1));
    }

    private static TableOptions Replicated(TableOptions options, int replicas) => options with { Replicas = replicas, MinInSync = replicas == 1 ? 1 : 2 };

    /// <summary>A replica that was given up would make the others faster.</summary>
    private static void RequireInSync(IReadOnlyList<BucketStatus> buckets, int replicas)
    {
        foreach (var bucket in buckets)
            if (bucket.Replicas.Count(replica => replica.IsInSync) != replicas)
                throw new InvalidOperationException($"Bucket {bucket.Bucket} has not all of its {replicas} replicas in sync: the machine was too busy for this measurement, repeat it.");
    }

    /// <summary>Has every bucket opened and its replicas in sync, by a few rows for each.</summary>
    private static async Task OpenAsync(GridTable table, IEnumerable<RecordBatch> few, int replicas, CancellationToken cancellationToken)
    {
        foreach (var batch in few)
            await WriteAsync(table, [batch], cancellationToken);
        await NodeCluster.WaitUntilInSyncAsync(table, replicas, cancellationToken);
    }

    private static async Task<double> WriteAsync(GridTable table, IEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await using (var writer = table.CreateWriter())
        {
            foreach (var batch in batches)
                await writer.AddAsync(batch, cancellationToken);
            await writer.FlushAsync(cancellationToken);
        }

        return watch.Elapsed.TotalSeconds;
    }
}
