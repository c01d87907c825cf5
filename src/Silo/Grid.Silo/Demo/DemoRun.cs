using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Demo;

/// <summary>The demo's story: store in another process, kill it, open what it left, prove that it is whole, and use it.</summary>
internal sealed class DemoRun(CommandOutput output, string samples, bool keep)
{
    private readonly DemoReport _report = new(output);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var directory = Path.Combine(Path.GetTempPath(), "grid-demo-" + Guid.NewGuid().ToString("n")[..8]);
        Directory.CreateDirectory(directory);
        try
        {
            var acknowledged = await StoreAndKillAsync(directory, cancellationToken).ConfigureAwait(false);

            var open = Stopwatch.StartNew();
            var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory, Configure = grid => grid.RetentionInterval = TimeSpan.FromSeconds(1) }, cancellationToken).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                await ProveAsync(host.Client, acknowledged, open, cancellationToken).ConfigureAwait(false);
                var tour = new DemoTour(host.Client, _report);
                await tour.RunAsync(cancellationToken).ConfigureAwait(false);
                await new DemoLake(host.Client, _report, new DemoProof(host.Client, _report, samples)).RunAsync(cancellationToken).ConfigureAwait(false);
                await new DemoSql(host.Client, _report).RunAsync(cancellationToken).ConfigureAwait(false);
            }

            _report.Finish(directory, keep ? $"grid stats --data {directory}" : null, watch.Elapsed);
        }
        finally
        {
            if (!keep)
                Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Lets another process store until it is killed; answers what it had acknowledged of the live flights.</summary>
    private async Task<DemoEvent> StoreAndKillAsync(string directory, CancellationToken cancellationToken)
    {
        _report.Chapter("Store", $"A process of its own opens {directory} and imports real data; another reader of the flights keeps the routes.");
        var child = ChildProcess.Start(directory, samples);
        await using (child.ConfigureAwait(false))
        {
            var imported = await TransferProgress.RunAsync(output, "import flights", 3_000_000, async report =>
            {
                while (true)
                {
                    var what = await NextAsync(child, cancellationToken).ConfigureAwait(false);
                    if (what.Name == DemoEvent.Importing)
                        report(what.Rows);
                    else if (what.Name == DemoEvent.Imported)
                        return what.Rows;
                }
            }).ConfigureAwait(false);
            _report.Step(new DemoStep("import flights-3m.parquet", $"{Humane.Count(imported.Rows)} rows into the log table {AirTables.Flights}", imported.Time) { Rows = imported.Rows });

            var airports = await NextAsync(child, cancellationToken).ConfigureAwait(false);
            _report.Step(new DemoStep("import airports.csv", $"{Humane.Count(airports.Rows)} rows into the primary-key table {AirTables.Airports}", Seconds(airports)) { Rows = airports.Rows });

            var routes = await NextAsync(child, cancellationToken).ConfigureAwait(false);
            _report.Step(new DemoStep("keep routes from the changes", $"{Humane.Count(routes.Rows)} routes, up to date with every flight since the import began", Seconds(routes)) { Rows = imported.Rows });

            _report.Chapter("Kill", "Live flights are appended one batch after the other; the process dies in the middle of it, without warning.");
            return await KillAsync(child, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<DemoEvent> KillAsync(ChildProcess child, CancellationToken cancellationToken)
    {
        // Any moment will do; a different one every time.
        var watch = Stopwatch.StartNew();
        var batches = Random.Shared.Next(100, 400);
        DemoEvent last;
        do
        {
            last = await NextAsync(child, cancellationToken).ConfigureAwait(false);
        }
        while (last.Rows < batches * LiveFlights.BatchRows);
        last = await child.KillAsync(cancellationToken).ConfigureAwait(false) ?? last;
        _report.Step(new DemoStep("kill -9 while appending", $"{Humane.Count(last.Rows)} live rows were acknowledged", watch.Elapsed) { Rows = last.Rows });
        return last;
    }

    private async Task ProveAsync(GridClient client, DemoEvent acknowledged, Stopwatch open, CancellationToken cancellationToken)
    {
        _report.Chapter("Reopen", "This process opens what the other one left, and compares it with the files and with what was acknowledged.");
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        await flights.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        _report.Step(new DemoStep("reopen after the kill", "logs recovered", open.Elapsed));

        var proof = new DemoProof(client, _report, samples);
        var stored = await proof.FlightsAsync(cancellationToken).ConfigureAwait(false);
        await proof.LiveAsync(acknowledged.Rows, acknowledged.Checksum, mayHaveOneMore: true, cancellationToken).ConfigureAwait(false);
        await proof.AirportsAsync(cancellationToken).ConfigureAwait(false);
        await proof.RoutesAsync(stored, long.MaxValue, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<DemoEvent> NextAsync(ChildProcess child, CancellationToken cancellationToken) =>
        await child.ReadAsync(cancellationToken).ConfigureAwait(false) ?? throw await child.FailureAsync().ConfigureAwait(false);

    private static TimeSpan Seconds(DemoEvent what) => TimeSpan.FromSeconds(what.Seconds);
}
