using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;
using Grid.Storage.Objects;
using Grid.Storage.Replication;

namespace Grid.Bench.Jobs.Cluster;

/// <summary>A node with many registered tables against one with none: start, and resident memory after its clients have listed the tables and described some of them.</summary>
internal sealed class ClusterTablesJob : BenchJob
{
    private const double AskedStartSeconds = 10;
    private const double AskedMiB = 100;
    private const int Buckets = 4;
    private const int CreatesAtOnce = 32;
    private const double MiB = 1 << 20;

    public override string Name => "cluster-tables";

    public override string Description => "start and memory of a node with 10,000 registered tables of 4 buckets";

    public override string Against => "a node without tables";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var tables = context.Scaled(10_000);
        var folder = context.Folder(Name);
        var objects = Path.Combine(folder, "cluster-many");
        await using var many = new NodeProcess("many", Path.Combine(folder, "many"), "--cluster", objects);
        await using var none = new NodeProcess("none", Path.Combine(folder, "none"), "--cluster", Path.Combine(folder, "cluster-none"));
        await none.StartAsync(cancellationToken);
        await none.StopAsync();
        await many.StartAsync(cancellationToken);
        var creating = Stopwatch.StartNew();
        var ids = await CreateAsync(many, tables, cancellationToken);
        creating.Stop();
        await many.StopAsync();
        await RecordAsync(objects, ids, new NodeName(many.Name), cancellationToken);

        var (starts, emptyStarts, growths, all) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < context.Rounds; round++)
        {
            var (emptyStart, emptyBytes, _) = await MeasureAsync(none, 0, cancellationToken);
            var (start, bytes, bytesOfAll) = await MeasureAsync(many, tables, cancellationToken);
            emptyStarts.Add(emptyStart);
            starts.Add(start);
            growths.Add((bytes - emptyBytes) / MiB);
            all.Add((bytesOfAll - emptyBytes) / MiB);
        }

        var (slowest, growth, growthOfAll) = (starts.Max(), Median(growths), Median(all));
        return
        [
            new BenchResult("start until ready and the tables are listed", $"<= {AskedStartSeconds:0} s", Text($"{slowest:0.0} s"), slowest <= AskedStartSeconds,
                Text($"slowest of {starts.Count}; without tables {emptyStarts.Max():0.0} s")),
            new BenchResult("memory for them", $"<= {AskedMiB:0} MiB", Text($"{growth:0.0} MiB"), growth <= AskedMiB,
                Text($"resident set after start and listing, beside a node without tables; median of {growths.Count}, {growths.Min():0.0} to {growths.Max():0.0} MiB")),
            new BenchResult("memory when every one was described by a client", "", Text($"{growthOfAll:0.0} MiB"), null, Text($"median of {all.Count}, {all.Min():0.0} to {all.Max():0.0} MiB")),
            new BenchResult("creating them", "", Text($"{creating.Elapsed.TotalSeconds:0} s"), null, Text($"{tables / creating.Elapsed.TotalSeconds:N0} tables/s, {CreatesAtOnce} calls at once")),
        ];
    }

    /// <summary>Seconds from the start of the process until all tables were listed; resident bytes then; and after every table was described.</summary>
    private static async Task<(double Start, long Bytes, long BytesOfAll)> MeasureAsync(NodeProcess node, int tables, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await node.StartAsync(cancellationToken);
        await using var client = await GridClient.ConnectAsync(node.Endpoint, cancellationToken: cancellationToken);
        var listed = await client.ListTablesAsync(cancellationToken: cancellationToken);
        if (listed.Length != tables)
            throw new InvalidOperationException($"{listed.Length} tables are listed, {tables} were made.");
        var start = watch.Elapsed.TotalSeconds;
        var bytes = node.ResidentBytes();
        await Parallel.ForEachAsync(listed, Limited(cancellationToken), async (path, token) => _ = await client.GetTableInfoAsync(path.ToString(), token));
        var bytesOfAll = node.ResidentBytes();
        await node.StopAsync();
        return (start, bytes, bytesOfAll);
    }

    private static async Task<IReadOnlyCollection<TableId>> CreateAsync(NodeProcess node, int tables, CancellationToken cancellationToken)
    {
        await using var client = await GridClient.ConnectAsync(node.Endpoint, cancellationToken: cancellationToken);
        await client.CreateDatabaseAsync("bench", ifNotExists: true, cancellationToken);
        var ids = new ConcurrentBag<TableId>();
        await Parallel.ForEachAsync(Enumerable.Range(0, tables), Limited(cancellationToken), async (index, token) =>
        {
            await using var table = await client.CreateTableAsync(NarrowRows.Table(Text($"bench.t{index:00000}"), Buckets), token);
            ids.Add(table.Info.Id);
        });
        return ids;
    }

    /// <summary>The buckets' records, as they are once every bucket was open: opening forty thousand one by one would take longer than all other measurements.</summary>
    private static async Task RecordAsync(string objects, IEnumerable<TableId> tables, NodeName node, CancellationToken cancellationToken)
    {
        var records = new BucketRecordStore(new DirectoryObjectStore(objects));
        var record = new BucketRecord { Epoch = new LeaderEpoch(BucketRecord.NewEpoch.Value + 1), Leader = node, Replicas = [node], InSync = [node] };
        var buckets = tables.SelectMany(table => Enumerable.Range(0, Buckets).Select(number => new BucketId(table, default, number)));
        await Parallel.ForEachAsync(buckets, Limited(cancellationToken), async (bucket, token) => await records.TryCreateAsync(bucket, record, token));
    }

    private static ParallelOptions Limited(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = CreatesAtOnce, CancellationToken = cancellationToken };

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
