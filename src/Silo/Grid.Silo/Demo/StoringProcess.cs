using System.Diagnostics;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Demo;

/// <summary>
/// The demo's other half, which lives in a process of its own to be killed: imports, keeps the routes, then appends live flights until it dies. Each
/// event is written after the rows it speaks of were acknowledged.
/// </summary>
internal static class StoringProcess
{
    public static async Task RunAsync(string directory, string samples, CliConsole console, CancellationToken cancellationToken)
    {
        using var orphaned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Parent.StopWith(console, orphaned);
        var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory }, orphaned.Token).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            await StoreAsync(host.Client, samples, console, orphaned.Token).ConfigureAwait(false);
        }
    }

    private static async Task StoreAsync(GridClient client, string samples, CliConsole console, CancellationToken cancellationToken)
    {
        await AirTables.CreateAsync(client, samples, cancellationToken).ConfigureAwait(false);
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        var routes = await client.OpenTableAsync<Route>(AirTables.Routes, cancellationToken).ConfigureAwait(false);
        var keeper = new RouteKeeper(flights, routes);
        var watch = Stopwatch.StartNew();
        var keeping = keeper.RunAsync(stopAtEnd: false, cancellationToken);

        var lastReport = TimeSpan.Zero;
        var rows = await AirTables.ImportAsync(client, AirTables.FlightsFile(samples), AirTables.Flights, done =>
        {
            if (watch.Elapsed - lastReport < TimeSpan.FromMilliseconds(100))
                return;
            lastReport = watch.Elapsed;
            Tell(console, new DemoEvent(DemoEvent.Importing, done));
        }, cancellationToken).ConfigureAwait(false);
        Tell(console, new DemoEvent(DemoEvent.Imported, rows, watch.Elapsed.TotalSeconds));

        var airports = Stopwatch.StartNew();
        var count = await AirTables.ImportAsync(client, AirTables.AirportsFile(samples), AirTables.Airports, _ => { }, cancellationToken).ConfigureAwait(false);
        Tell(console, new DemoEvent(DemoEvent.Airports, count, airports.Elapsed.TotalSeconds));

        while (keeper.Flights < rows && !keeping.IsCompleted)
            await Task.Delay(20, cancellationToken).ConfigureAwait(false);
        if (keeping.IsCompleted)
            await keeping.ConfigureAwait(false);
        Tell(console, new DemoEvent(DemoEvent.Routes, keeper.Routes.Count, watch.Elapsed.TotalSeconds));

        var live = new RowChecksum();
        for (var number = 0; ; number++)
        {
            using var batch = LiveFlights.Batch(number);
            await flights.AppendAsync(batch, cancellationToken).ConfigureAwait(false);
            live.Add(batch);
            Tell(console, new DemoEvent(DemoEvent.Acknowledged, live.Rows, Checksum: live.Value));
        }
    }

    private static void Tell(CliConsole console, DemoEvent what)
    {
        console.Out.WriteLine(what.ToJson());
        console.Out.Flush();
    }
}
