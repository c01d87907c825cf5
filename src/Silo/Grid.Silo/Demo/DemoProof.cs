using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Formats;

namespace Grid.Silo.Demo;

/// <summary>Proves by count and checksum that what the killed process acknowledged is there, once, and unchanged.</summary>
internal sealed class DemoProof(GridClient client, DemoReport report, string samples)
{
    private static readonly string[] Columns = [.. AirTables.FlightColumns.Select(c => c.Name)];

    public async Task RunAsync(DemoEvent acknowledged, Stopwatch open, CancellationToken cancellationToken)
    {
        report.Chapter("Reopen", "This process opens what the other one left, and compares it with the files and with what was acknowledged.");
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        await flights.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        report.Step(new DemoStep("reopen after the kill", "logs recovered", open.Elapsed));

        var watch = Stopwatch.StartNew();
        var expected = await OfFileAsync(cancellationToken).ConfigureAwait(false);
        var stored = await OfTableAsync(flights, $"origin != '{LiveFlights.Origin}'", cancellationToken).ConfigureAwait(false);
        Require("the flights of the file", expected.Rows, expected.Value, stored);
        report.Step(new DemoStep("flights against the file", $"count and checksum {stored.Value:x16} are equal", watch.Elapsed) { Rows = stored.Rows });

        watch.Restart();
        var live = await OfTableAsync(flights, $"origin = '{LiveFlights.Origin}' and distance < {acknowledged.Rows}", cancellationToken).ConfigureAwait(false);
        Require("the acknowledged live flights", acknowledged.Rows, acknowledged.Checksum, live);
        var all = await flights.CountAsync($"origin = '{LiveFlights.Origin}'", cancellationToken).ConfigureAwait(false);
        var unanswered = all - live.Rows;
        if (unanswered is not (0 or LiveFlights.BatchRows))
            throw Lost($"beside the acknowledged live flights {unanswered} rows were found; it must be none or the one batch of {LiveFlights.BatchRows} that was in flight");
        report.Step(new DemoStep("live flights against the answers",
            $"count and checksum {live.Value:x16} are equal{(unanswered > 0 ? $"; the batch in flight had been stored, too" : "")}", watch.Elapsed)
        { Rows = live.Rows });

        watch.Restart();
        var airports = await client.OpenTableAsync(AirTables.Airports, cancellationToken).ConfigureAwait(false);
        var count = await airports.CountAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        using var file = TableFiles.Open(AirTables.AirportsFile(samples), new Dictionary<string, DataType>());
        if (count != file.Rows)
            throw Lost($"{count} airports are stored, {file.Rows} were acknowledged");
        report.Step(new DemoStep("airports, from the shard", $"{Humane.Count(count)} rows, all there", watch.Elapsed) { Rows = count });
        await ProveRoutesAsync(expected.Rows, cancellationToken).ConfigureAwait(false);
    }

    private async Task ProveRoutesAsync(long acknowledged, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var routes = await client.OpenTableAsync<Route>(AirTables.Routes, cancellationToken).ConfigureAwait(false);
        var (count, flights) = (0L, 0L);
        await foreach (var route in routes.ScanAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            count++;
            flights += route.Flights;
        }

        if (flights < acknowledged)
            throw Lost($"the routes count {flights} flights, {acknowledged} were acknowledged");
        report.Step(new DemoStep("routes, from the shard", $"{Humane.Count(count)} routes count {Humane.Count(flights)} flights, as far as they were kept", watch.Elapsed) { Rows = count });
    }

    private async Task<RowChecksum> OfFileAsync(CancellationToken cancellationToken)
    {
        var sum = new RowChecksum();
        var caster = new BatchCaster(AirTables.FlightColumns);
        using var file = TableFiles.Open(AirTables.FlightsFile(samples), new Dictionary<string, DataType>());
        await foreach (var batch in file.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
                sum.Add(caster.Cast(batch));
        }

        return sum;
    }

    private static async Task<RowChecksum> OfTableAsync(GridTable table, string where, CancellationToken cancellationToken)
    {
        var sum = new RowChecksum();
        await foreach (var batch in table.ScanAsync(new ScanOptions { Columns = Columns, Where = where }, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
                sum.Add(batch.Rows);
        }

        return sum;
    }

    private static void Require(string what, long rows, ulong checksum, RowChecksum stored)
    {
        if (stored.Rows != rows || stored.Value != checksum)
            throw Lost($"{what}: {rows} rows with checksum {checksum:x16} were acknowledged, {stored.Rows} rows with checksum {stored.Value:x16} are stored");
    }

    private static GridException Lost(string message) =>
        new(GridErrorCode.Internal, $"The demo found what must not be: {message}. Please report it with the directory that --keep leaves.");
}
