using System.Diagnostics;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Jobs.Cluster;

/// <summary>kill -9 of the node that leads most buckets, again and again, under traffic: how long its buckets are away. The killed node starts again and comes back in sync before the next kill.</summary>
internal sealed class ClusterFailoverJob : BenchJob
{
    private const double AskedSeconds = 5;
    private const int Buckets = 6;

    public override string Name => "cluster-failover";

    public override string Description => "kill -9 of a leader of small primary-key buckets, factor 3, three nodes on this machine";

    public override string Against => "-";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var cluster = await NodeCluster.StartAsync(context.Folder(Name), cancellationToken);
        var definition = NarrowRows.Table("bench.failover", Buckets);
        await using var table = await cluster.Client.CreateTableAsync(definition with { Options = definition.Options with { Replicas = 3, MinInSync = 2 } }, cancellationToken);
        var keys = await FillAsync(table, cancellationToken);
        await NodeCluster.WaitUntilInSyncAsync(table, 3, cancellationToken);
        var probes = keys.Select(key => new OutageProbe(table, key, seed => NarrowRows.Batch(table.Info.Schema, [key], seed))).ToArray();
        try
        {
            var outages = new Outages();
            for (var kill = 0; kill < context.Kills; kill++)
            {
                var (victim, buckets) = await NodeCluster.FindBusiestLeaderAsync(table, cancellationToken);
                outages.Add(await cluster.KillAsync(victim, [.. buckets.Select(bucket => probes[bucket])]));
                await cluster[victim].StartAsync(cancellationToken);
                await NodeCluster.WaitUntilInSyncAsync(table, 3, cancellationToken);
            }

            return [.. outages.ToResults(AskedSeconds)];
        }
        finally
        {
            foreach (var probe in probes)
                await probe.DisposeAsync();
        }
    }

    /// <summary>Some rows in every bucket; answers a key of each.</summary>
    private static async Task<long[]> FillAsync(GridTable table, CancellationToken cancellationToken)
    {
        const int Rows = 6000;
        var function = new BucketFunction(table.Info.Schema, Buckets);
        var keys = new long[Buckets];
        for (var key = 0L; key < Rows; key++)
            keys[function.Bucket([key])] = key;
        await table.UpsertAsync(NarrowRows.Batch(table.Info.Schema, [.. Enumerable.Range(0, Rows).Select(key => (long)key)], 0), targets: null, cancellationToken);
        return keys;
    }
}
