using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Demo;

/// <summary>The cluster's story: write to all nodes, kill the one that leads most, write on, let it come back, prove that all copies are whole.</summary>
internal sealed class ClusterDemoRun(CommandOutput output, string samples, bool keep)
{
    private const int Copies = 3;
    private const int CopiesLeast = 2;

    // What the client waits between two tries is part of what is measured.
    private static readonly GridClientOptions ClientOptions = new() { RetryFor = TimeSpan.FromSeconds(60), RetryDelayMax = TimeSpan.FromMilliseconds(100), ConnectTimeout = TimeSpan.FromSeconds(30) };

    // A client whose nodes are gone has nobody to flush to.
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

    private readonly DemoReport _report = new(output);

    public async Task RunAsync(int count, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var directory = Path.Combine(Path.GetTempPath(), "grid-demo-" + Guid.NewGuid().ToString("n")[..8]);
        Directory.CreateDirectory(directory);
        try
        {
            _report.Chapter("Start", $"{count} nodes, each a process with a directory of its own below {directory}, meet in the shared directory 'cluster' there.");
            var nodes = await DemoNodes.StartAsync(directory, count, cancellationToken).ConfigureAwait(false);
            await using (nodes.ConfigureAwait(false))
            {
                _report.Step(new DemoStep($"start {count} nodes", nodes.Description, watch.Elapsed));
                await TellAsync(nodes, cancellationToken).ConfigureAwait(false);
            }

            _report.Finish(directory, keep ? $"grid serve --node a --data {directory}/a --cluster {directory}/cluster, and b and c with ports of their own" : null, watch.Elapsed);
        }
        finally
        {
            if (!keep)
                Directory.Delete(directory, recursive: true);
        }
    }

    private async Task TellAsync(DemoNodes nodes, CancellationToken cancellationToken)
    {
        var client = await GridClient.ConnectAsync(nodes.Endpoints, ClientOptions, cancellationToken).ConfigureAwait(false);
        try
        {
            await CreateAsync(client, cancellationToken).ConfigureAwait(false);
            var traffic = await ClusterTraffic.StartAsync(client, samples, cancellationToken).ConfigureAwait(false);
            await using (traffic.ConfigureAwait(false))
            {
                var flights = await StreamAsync(client, nodes, traffic, cancellationToken).ConfigureAwait(false);
                await ProveAsync(client, traffic, flights, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await client.DisposeAsync().AsTask().WaitAsync(CloseWithin, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CreateAsync(GridClient client, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var options = new TableOptions { Replicas = Copies, MinInSync = CopiesLeast };
        await AirTables.CreateAsync(client, samples, options, options, options, cancellationToken).ConfigureAwait(false);
        var leaders = (await DemoBuckets.ReadAsync(client, cancellationToken).ConfigureAwait(false)).GroupBy(one => one.Status.Leader).OrderBy(group => group.Key?.Value, StringComparer.Ordinal);
        _report.Step(new DemoStep("create flights, airports, routes", $"{Copies} copies of each bucket; leaders: {string.Join(", ", leaders.Select(group => $"{group.Key} of {group.Count()} buckets"))}", watch.Elapsed));
        watch.Restart();
        var airports = await AirTables.ImportAsync(client, AirTables.AirportsFile(samples), AirTables.Airports, _ => { }, cancellationToken).ConfigureAwait(false);
        _report.Step(new DemoStep("import airports.csv", $"{Humane.Count(airports)} rows into the primary-key table {AirTables.Airports}", watch.Elapsed) { Rows = airports });
    }

    /// <summary>Streams, kills in the middle, and starts the node again; answers how many flights were acknowledged.</summary>
    private async Task<long> StreamAsync(GridClient client, DemoNodes nodes, ClusterTraffic traffic, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var total = RowsOf(AirTables.FlightsFile(samples));
        _report.Chapter("Kill", "Flights stream in, others are appended live, routes follow their changes; in the middle the node that leads most dies without warning.");
        await TransferProgress.RunAsync(output, "stream flights", total / 2, async report =>
        {
            await traffic.StreamAsync(total / 2, report, cancellationToken).ConfigureAwait(false);
            return traffic.Streamed;
        }).ConfigureAwait(false);
        var victim = await KillAsync(client, nodes, traffic, cancellationToken).ConfigureAwait(false);

        var back = Stopwatch.StartNew();
        await nodes.StartAsync(victim, cancellationToken).ConfigureAwait(false);
        _report.Step(new DemoStep($"start node {victim} again", "it follows the new leaders", back.Elapsed));
        await TransferProgress.RunAsync(output, "stream flights", total, async report =>
        {
            await traffic.StreamAsync(total, report, cancellationToken).ConfigureAwait(false);
            return traffic.Streamed;
        }).ConfigureAwait(false);
        var flights = await traffic.FinishAsync().ConfigureAwait(false);
        _report.Step(new DemoStep("stream flights through all of it", $"{Humane.Count(flights)} rows were acknowledged, {Humane.Count(traffic.Live.Rows)} of them live", watch.Elapsed) { Rows = flights });
        await traffic.KeepAsync(flights, cancellationToken).ConfigureAwait(false);
        _report.Step(new DemoStep("keep routes from the changes", "up to date with every flight", watch.Elapsed) { Rows = flights });
        var buckets = await DemoBuckets.WaitUntilInSyncAsync(client, Copies, cancellationToken).ConfigureAwait(false);
        _report.Step(new DemoStep("in sync again", $"{buckets} buckets, {Copies} copies each with the same end, since node {victim} was started", back.Elapsed));
        return flights;
    }

    private async Task<string> KillAsync(GridClient client, DemoNodes nodes, ClusterTraffic traffic, CancellationToken cancellationToken)
    {
        var status = await DemoBuckets.ReadAsync(client, cancellationToken).ConfigureAwait(false);
        var victim = status.Where(one => one.Status.Leader is not null).GroupBy(one => one.Status.Leader!.Value)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key.Value, StringComparer.Ordinal).First();
        HashSet<int> Led(string table) => [.. victim.Where(one => one.Table == table).Select(one => one.Status.Bucket.Number)];
        var airports = await client.OpenTableAsync(AirTables.Airports, cancellationToken).ConfigureAwait(false);
        var probe = await FailoverProbe.PrepareAsync(airports, Led(AirTables.Airports), Led(AirTables.Flights), cancellationToken).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        var sent = traffic.Streamed;
        await probe.RunAsync(traffic, () => nodes.KillAsync(victim.Key.Value), cancellationToken).ConfigureAwait(false);
        _report.Step(new DemoStep($"kill -9 of node {victim.Key}", $"it led {victim.Count()} of {status.Count} buckets; {Humane.Count(sent)} flights had been sent", watch.Elapsed));
        Tell("from the kill to the first write", "acknowledged", probe.Writes);
        Tell("from the kill to the first lookup", "answered", probe.Lookups);
        return victim.Key.Value;
    }

    private void Tell(string what, string done, IReadOnlyList<TimeSpan> times)
    {
        if (times.Count > 0)
            _report.Step(new DemoStep(what, $"{done} on {times.Count} of its buckets after {Humane.Time(times[0])} to {Humane.Time(times[^1])}", times[^1]));
    }

    private async Task ProveAsync(GridClient client, ClusterTraffic traffic, long flights, CancellationToken cancellationToken)
    {
        _report.Chapter("Prove", "What is stored is compared with the files and with what was acknowledged.");
        var proof = new DemoProof(client, _report, samples);
        await proof.FlightsAsync(cancellationToken).ConfigureAwait(false);
        await proof.LiveAsync(traffic.Live.Rows, traffic.Live.Value, mayHaveOneMore: false, cancellationToken).ConfigureAwait(false);
        await proof.AirportsAsync(cancellationToken).ConfigureAwait(false);
        await proof.RoutesAsync(flights, flights, cancellationToken).ConfigureAwait(false);
    }

    private static long RowsOf(string path)
    {
        using var file = Formats.TableFiles.Open(path, new Dictionary<string, DataType>());
        return file.Rows ?? 0;
    }
}
