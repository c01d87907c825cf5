using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Formats;

namespace Grid.Silo.Demo;

/// <summary>Proves by count and checksum that what was acknowledged is there, once, and unchanged.</summary>
internal sealed class DemoProof(GridClient client, DemoReport report, string samples)
{
    private static readonly string[] Columns = [.. AirTables.FlightColumns.Select(c => c.Name)];

    /// <summary>The flights of the file are stored, each once; answers how many.</summary>
    public Task<long> FlightsAsync(CancellationToken cancellationToken) => FlightsAsync("flights against the file", cancellationToken);

    /// <summary>The same, as a step of that name.</summary>
    public async Task<long> FlightsAsync(string step, CancellationToken cancellationToken)
    {
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        var expected = await OfFileAsync(AirTables.FlightsFile(samples), AirTables.FlightColumns, cancellationToken).ConfigureAwait(false);
        var stored = await OfTableAsync(flights, Columns, $"origin != '{LiveFlights.Origin}'", cancellationToken).ConfigureAwait(false);
        Require("the flights of the file", expected.Rows, expected.Value, stored);
        report.Step(new DemoStep(step, $"count and checksum {stored.Value:x16} are equal", watch.Elapsed) { Rows = stored.Rows });
        return stored.Rows;
    }

    /// <summary>The live flights that were acknowledged are stored, each once.</summary>
    /// <param name="rows">How many were acknowledged.</param>
    /// <param name="checksum">The checksum of those.</param>
    /// <param name="mayHaveOneMore">Whether one batch was on its way when its writer died: it may be stored or not, but not in part.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LiveAsync(long rows, ulong checksum, bool mayHaveOneMore, CancellationToken cancellationToken)
    {
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        var live = await OfTableAsync(flights, Columns, $"origin = '{LiveFlights.Origin}' and distance < {rows}", cancellationToken).ConfigureAwait(false);
        Require("the acknowledged live flights", rows, checksum, live);
        var all = await flights.CountAsync($"origin = '{LiveFlights.Origin}'", cancellationToken).ConfigureAwait(false);
        var unanswered = all - live.Rows;
        if (unanswered != 0 && !(mayHaveOneMore && unanswered == LiveFlights.BatchRows))
            throw Lost($"beside the acknowledged live flights {unanswered} rows were found; it must be none{(mayHaveOneMore ? $" or the one batch of {LiveFlights.BatchRows} that was in flight" : "")}");
        report.Step(new DemoStep("live flights against the answers",
            $"count and checksum {live.Value:x16} are equal{(unanswered > 0 ? $"; the batch in flight had been stored, too" : "")}", watch.Elapsed)
        { Rows = live.Rows });
    }

    /// <summary>The airports of the file are stored, each once.</summary>
    public async Task AirportsAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var airports = await client.OpenTableAsync(AirTables.Airports, cancellationToken).ConfigureAwait(false);
        string[] columns = [.. airports.Info.Schema.Columns.Select(column => column.Name)];
        var expected = await OfFileAsync(AirTables.AirportsFile(samples), [.. airports.Info.Schema.Columns], cancellationToken).ConfigureAwait(false);
        var stored = await OfTableAsync(airports, columns, where: null, cancellationToken).ConfigureAwait(false);
        Require("the airports of the file", expected.Rows, expected.Value, stored);
        report.Step(new DemoStep("airports, from the shard", $"count and checksum {stored.Value:x16} are equal", watch.Elapsed) { Rows = stored.Rows });
    }

    /// <summary>The stored routes count at least and at most so many flights.</summary>
    public async Task RoutesAsync(long flightsLeast, long flightsMost, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var routes = await client.OpenTableAsync<Route>(AirTables.Routes, cancellationToken).ConfigureAwait(false);
        var (count, flights) = (0L, 0L);
        await foreach (var route in routes.ScanAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            count++;
            flights += route.Flights;
        }

        if (flights < flightsLeast || flights > flightsMost)
            throw Lost($"the routes count {flights} flights; it must be {flightsLeast}{(flightsMost > flightsLeast ? " or more" : "")}");
        report.Step(new DemoStep("routes, from the shard",
            $"{Humane.Count(count)} routes count {Humane.Count(flights)} flights, {(flightsMost > flightsLeast ? "as far as they were kept" : "each once")}", watch.Elapsed)
        { Rows = count });
    }

    private static async Task<RowChecksum> OfFileAsync(string path, Column[] columns, CancellationToken cancellationToken)
    {
        var sum = new RowChecksum();
        var caster = new BatchCaster(columns);
        using var file = TableFiles.Open(path, new Dictionary<string, DataType>());
        await foreach (var batch in file.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
                sum.Add(caster.Cast(batch));
        }

        return sum;
    }

    private static async Task<RowChecksum> OfTableAsync(GridTable table, string[] columns, string? where, CancellationToken cancellationToken)
    {
        var sum = new RowChecksum();
        await foreach (var batch in table.ScanAsync(new ScanOptions { Columns = columns, Where = where }, cancellationToken).ConfigureAwait(false))
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
