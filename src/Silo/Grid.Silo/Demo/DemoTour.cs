using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Commands;

namespace Grid.Silo.Demo;

/// <summary>Uses the tables: one key, all keys of a prefix, one column of five, changes as they happen.</summary>
internal sealed class DemoTour(GridClient client, DemoReport report)
{
    private const string Home = "SFO";
    private const int RoutesShown = 5;
    private const int LiveFlightsShown = 3;
    // Later than what the killed process can have come to.
    private const int LiveBatch = 10_000;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        var routes = await client.OpenTableAsync<Route>(AirTables.Routes, cancellationToken).ConfigureAwait(false);
        report.Chapter("Look up", "One key, then every route of one airport by the first column of the key.");
        await LookUpAsync(routes, cancellationToken).ConfigureAwait(false);
        report.Chapter("Read columns", "Five columns, then one of them: the others stay on the disk.");
        await ReadColumnsAsync(flights, cancellationToken).ConfigureAwait(false);
        report.Chapter("Follow", "The routes' changes as new flights come in: each update with the row before and after.");
        await FollowAsync(flights, routes, cancellationToken).ConfigureAwait(false);
    }

    private async Task LookUpAsync(GridTable<Route> routes, CancellationToken cancellationToken)
    {
        var airports = await client.OpenTableAsync(AirTables.Airports, cancellationToken).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        var airport = await airports.LookupAsync([Home], ["name", "city"], cancellationToken).ConfigureAwait(false)
            ?? throw new GridException(GridErrorCode.Internal, $"The airport {Home} is not there.");
        var name = Formats.CellText.Of(DataType.String, airport.Column(0), 0);
        report.Step(new DemoStep($"look up {Home}", $"{name}, {Formats.CellText.Of(DataType.String, airport.Column(1), 0)}", watch.Elapsed) { Rows = 1 });

        watch.Restart();
        var found = new List<Route>();
        await foreach (var route in routes.PrefixLookupAsync(Home, cancellationToken).ConfigureAwait(false))
            found.Add(route);
        report.Step(new DemoStep($"prefix-look up the routes of {Home}", $"{found.Count} routes", watch.Elapsed) { Rows = found.Count });
        foreach (var route in found.OrderByDescending(r => r.Flights).Take(RoutesShown))
            report.Show(string.Create(CultureInfo.InvariantCulture, $"{route.Origin} -> {route.Destination}  {route.Flights,6:#,0} flights, last {route.LastSeen:yyyy-MM-dd HH:mm}, {route.LastDelay} min late"));
    }

    private async Task ReadColumnsAsync(GridTable flights, CancellationToken cancellationToken)
    {
        using var sent = new SentBytes();
        // The first scan of a process also compiles it; both are measured warm.
        await ScanAsync(flights, ["delay"], cancellationToken).ConfigureAwait(false);
        string[] all = [.. AirTables.FlightColumns.Select(c => c.Name)];
        var (allBytes, allTime) = await MeasureAsync(flights, all, sent, cancellationToken).ConfigureAwait(false);
        var (oneBytes, oneTime) = await MeasureAsync(flights, ["delay"], sent, cancellationToken).ConfigureAwait(false);
        report.Show(string.Create(CultureInfo.InvariantCulture, $"1 of 5 columns: {100.0 * oneBytes / allBytes:0.0} % of the bytes, {100 * oneTime / allTime:0.0} % of the time"));
    }

    private async Task<(long Bytes, TimeSpan Time)> MeasureAsync(GridTable flights, string[] columns, SentBytes sent, CancellationToken cancellationToken)
    {
        var before = sent.Value;
        var watch = Stopwatch.StartNew();
        var rows = await ScanAsync(flights, columns, cancellationToken).ConfigureAwait(false);
        var (time, bytes) = (watch.Elapsed, sent.Value - before);
        report.Step(new DemoStep($"read {columns.Length} of 5 columns", $"{Humane.Count(rows)} rows, {Humane.Bytes(bytes)}", time) { Rows = rows, Bytes = bytes });
        return (bytes, time);
    }

    private static async Task<long> ScanAsync(GridTable flights, string[] columns, CancellationToken cancellationToken)
    {
        var rows = 0L;
        await foreach (var batch in flights.ScanAsync(new ScanOptions { Columns = columns }, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
                rows += batch.RowCount;
        }

        return rows;
    }

    private async Task FollowAsync(GridTable flights, GridTable<Route> routes, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = Stopwatch.StartNew();
        var keeper = new RouteKeeper(flights, routes);
        var keeping = keeper.RunAsync(stopAtEnd: false, stop.Token);
        var before = await flights.CountAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        await CatchUpAsync(keeper, keeping, before, cancellationToken).ConfigureAwait(false);
        await CompareAsync(keeper, routes, cancellationToken).ConfigureAwait(false);
        report.Step(new DemoStep("bring the routes up to date", $"{Humane.Count(before)} flights followed, {Humane.Count(keeper.Routes.Count)} routes are what the flights say", watch.Elapsed) { Rows = before });

        // The follower is there before anything happens, so that it sees all of it.
        var offsets = await OffsetsAsync(routes, cancellationToken).ConfigureAwait(false);
        watch.Restart();
        using var live = LiveFlights.Batch(LiveBatch).Slice(0, LiveFlightsShown);
        var append = flights.AppendAsync(live, cancellationToken);
        var seen = 0;
        await foreach (var change in routes.ChangesAsync(new ChangeOptions { Start = ScanStart.AtOffsets(offsets) }, stop.Token).ConfigureAwait(false))
        {
            report.Show(string.Create(CultureInfo.InvariantCulture,
                $"{TailCommand.Sign(change.Kind)}  {change.Row.Origin} -> {change.Row.Destination}  {change.Row.Flights:#,0} flights, last {change.Row.LastSeen:yyyy-MM-dd HH:mm}  (bucket {change.Bucket}, offset {change.Offset})"));
            if (change.Kind is ChangeKind.Insert or ChangeKind.UpdateAfter && ++seen == LiveFlightsShown)
                break;
        }

        await append.ConfigureAwait(false);
        report.Step(new DemoStep("from a new flight to its change", $"{LiveFlightsShown} flights appended, {seen} routes changed, all changes seen", watch.Elapsed) { Rows = seen });
        await stop.CancelAsync().ConfigureAwait(false);
        await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task CatchUpAsync(RouteKeeper keeper, Task keeping, long flights, CancellationToken cancellationToken)
    {
        while (keeper.Flights < flights && !keeping.IsCompleted)
            await Task.Delay(10, cancellationToken).ConfigureAwait(false);
        if (keeping.IsCompleted)
            await keeping.ConfigureAwait(false);
    }

    private static async Task CompareAsync(RouteKeeper keeper, GridTable<Route> routes, CancellationToken cancellationToken)
    {
        var expected = keeper.Routes.ToHashSet();
        var stored = 0;
        await foreach (var route in routes.ScanAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            stored++;
            if (!expected.Contains(route))
                throw new GridException(GridErrorCode.Internal, $"The stored route {route} is not what the flights say.");
        }

        if (stored != expected.Count)
            throw new GridException(GridErrorCode.Internal, $"{stored} routes are stored, the flights have {expected.Count}.");
    }

    private static async Task<Dictionary<int, LogOffset>> OffsetsAsync(GridTable<Route> routes, CancellationToken cancellationToken) =>
        (await routes.Untyped.GetStatusAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(status => status.Bucket.Number, status => status.HighWatermark);
}
