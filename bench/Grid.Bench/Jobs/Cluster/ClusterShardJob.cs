using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Jobs.Cluster;

/// <summary>kill -9 of the leader of one primary-key bucket with a large shard. The shard is filled once; its log is kept short by retention, so that the disk needs little more than the three copies.</summary>
internal sealed class ClusterShardJob : BenchJob
{
    private const double AskedSeconds = 5;
    private const long ShardBytes = 5L << 30;
    private const int BatchRows = 256; // 1 MiB
    private const double GiB = 1L << 30;

    /// <summary>A killed node has to come back with its shard between kills: fewer of them than where buckets are small.</summary>
    private const int KillsPerShardKill = 4;

    public override string Name => "cluster-shard";

    public override string Description => "kill -9 of the leader of a primary-key bucket with 5 GiB of shard, factor 3, three nodes on this machine (20 GiB of disk)";

    public override string Against => "-";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var cluster = await NodeCluster.StartAsync(context.Folder(Name), cancellationToken, "--set", "Grid:RetentionInterval=00:00:01");
        var options = new TableOptions
        {
            Buckets = 1,
            Replicas = 3,
            MinInSync = 2,
            Compression = FrameCompression.None,
            Flush = FlushPolicy.Os,
            SegmentBytesMax = 128L << 20,
            RetentionBytes = 512L << 20,
        };
        await using var table = await cluster.Client.CreateTableAsync(BlobRows.Table("bench.shard", options), cancellationToken);
        var rows = (long)(ShardBytes * context.Scale) / BlobRows.BlobBytes;
        var seconds = await FillAsync(table, rows, cancellationToken);
        await NodeCluster.WaitUntilInSyncAsync(table, 3, cancellationToken);
        var size = (await table.GetStatusAsync(cancellationToken))[0];

        var (outages, returns) = (new Outages(), new List<double>());
        await using var probe = new OutageProbe(table, rows / 2, seed => BlobRows.Batch(table.Info.Schema, rows / 2, 1, seed));
        for (var kill = 0; kill < Math.Max(1, context.Kills / KillsPerShardKill); kill++)
        {
            var (victim, _) = await NodeCluster.FindBusiestLeaderAsync(table, cancellationToken);
            outages.Add(await cluster.KillAsync(victim, [probe]));
            var back = Stopwatch.StartNew();
            await cluster[victim].StartAsync(cancellationToken);
            await NodeCluster.WaitUntilInSyncAsync(table, 3, cancellationToken);
            returns.Add(back.Elapsed.TotalSeconds);
        }

        return
        [
            .. outages.ToResults(AskedSeconds),
            new BenchResult("start of the killed node until it is in sync", "", Text($"{returns.Max():0.0} s"), null, Text($"slowest of {returns.Count}, quickest {returns.Min():0.0} s")),
            new BenchResult("the shard", "", Text($"{size.ShardBytes / GiB:0.0} GiB"), null,
                Text($"{rows:N0} rows of {BlobRows.BlobBytes} random bytes, filled at {rows * BlobRows.BlobBytes / GiB * 1024 / seconds:0} MiB/s three times; log {size.LogBytes / GiB:0.0} GiB")),
        ];
    }

    private static async Task<double> FillAsync(GridTable table, long rows, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await using (var writer = table.CreateWriter())
        {
            for (var key = 0L; key < rows; key += BatchRows)
                await writer.AddAsync(BlobRows.Batch(table.Info.Schema, key, (int)Math.Min(BatchRows, rows - key), 0), cancellationToken);
            await writer.FlushAsync(cancellationToken);
        }

        return watch.Elapsed.TotalSeconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
