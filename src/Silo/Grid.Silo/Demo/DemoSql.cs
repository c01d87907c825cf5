using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Sql;

namespace Grid.Silo.Demo;

/// <summary>SQL over lake and log: each flight is counted once, wherever it is, and tables join.</summary>
internal sealed class DemoSql(GridClient client, DemoReport report)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        report.Chapter("SQL", "DuckDB reads the lake's files, and from the grid what is newer; a flight that comes in meanwhile is in the next statement.");
        var sql = GridSql.Open(client);
        await using (sql.ConfigureAwait(false))
        {
            await CountAsync(sql, cancellationToken).ConfigureAwait(false);
            await JoinAsync(sql, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CountAsync(GridSql sql, CancellationToken cancellationToken)
    {
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        using (var late = LiveFlights.Batch(0))
            await flights.AppendAsync(late, cancellationToken).ConfigureAwait(false);
        var count = await flights.CountAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var lake = await flights.OpenLakeSnapshotAsync(cancellationToken: cancellationToken).ConfigureAwait(false);

        var watch = Stopwatch.StartNew();
        var counted = await ScalarAsync(sql, $"select count(*) from {AirTables.Flights}", cancellationToken).ConfigureAwait(false);
        if (counted != count)
            throw new GridException(GridErrorCode.Internal, $"SQL counts {counted} flights, the table has {count}. Please report it with the directory that --keep leaves.");
        var fresh = count - lake.Files.Sum(file => file.Rows);
        report.Step(new DemoStep("count the flights by SQL", $"{Humane.Count(counted)}, each once; {Humane.Count(fresh)} of them are in the log alone", watch.Elapsed) { Rows = counted });
    }

    private async Task JoinAsync(GridSql sql, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var busiest = "";
        await foreach (var row in sql.QueryRowsAsync(
            $"select a.city, count(*) as flights from {AirTables.Flights} f join {AirTables.Airports} a on f.origin = a.iata group by all order by flights desc limit 1", cancellationToken: cancellationToken).ConfigureAwait(false))
            busiest = string.Create(CultureInfo.InvariantCulture, $"most flights leave from {row[0]}: {Humane.Count(Convert.ToInt64(row[1], CultureInfo.InvariantCulture))}");
        report.Step(new DemoStep("join flights with airports by SQL", busiest, watch.Elapsed));
    }

    private static async Task<long> ScalarAsync(GridSql sql, string statement, CancellationToken cancellationToken)
    {
        await foreach (var row in sql.QueryRowsAsync(statement, cancellationToken: cancellationToken).ConfigureAwait(false))
            return Convert.ToInt64(row[0], CultureInfo.InvariantCulture);
        throw new GridException(GridErrorCode.Internal, $"'{statement}' has no answer.");
    }
}
