using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Formats;

namespace Grid.Silo.Demo;

/// <summary>The demo's tables: flights (a log table), airports and routes (primary-key tables).</summary>
internal static class AirTables
{
    public const string Flights = "air.flights";
    public const string Airports = "air.airports";
    public const string Routes = "air.routes";

    /// <summary>The columns of the flights.</summary>
    public static readonly Column[] FlightColumns =
    [
        new("date", DataType.Timestamp), new("delay", DataType.Int64), new("distance", DataType.Int64), new("origin", DataType.String), new("destination", DataType.String),
    ];

    public static string FlightsFile(string samples) => Path.Combine(samples, "flights-3m.parquet");

    public static string AirportsFile(string samples) => Path.Combine(samples, "airports.csv");

    /// <summary>Makes the three tables; airports are few and get one bucket, flights and routes tier while they are stored.</summary>
    public static Task CreateAsync(GridClient client, string samples, CancellationToken cancellationToken)
    {
        // Small segments: retention takes whole ones, and the demo shows that.
        var tiered = new TableOptions { Lake = LakeMode.On, LakeFreshnessMs = 2000, SegmentBytesMax = 1024 * 1024 };
        return CreateAsync(client, samples, tiered, new TableOptions { Lake = LakeMode.On, LakeFreshnessMs = 2000 }, new TableOptions { Buckets = 1 }, cancellationToken);
    }

    /// <summary>Makes the three tables.</summary>
    public static async Task CreateAsync(
        GridClient client, string samples, TableOptions flightOptions, TableOptions options, TableOptions airportOptions, CancellationToken cancellationToken)
    {
        var flights = TableMaker.Request(Flights, FlightColumns, key: null, bucketKey: null, flightOptions, ifNotExists: false);
        await TableMaker.CreateAsync(client, flights, cancellationToken).ConfigureAwait(false);
        await client.CreateTableAsync<Route>(Routes, options, cancellationToken: cancellationToken).ConfigureAwait(false);
        using var file = TableFiles.Open(AirportsFile(samples), new Dictionary<string, DataType>());
        var airports = TableMaker.Request(Airports, file.Columns, "iata", bucketKey: null, airportOptions, ifNotExists: false);
        await TableMaker.CreateAsync(client, airports, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Imports a sample file into its table; answers the number of rows.</summary>
    public static async Task<long> ImportAsync(GridClient client, string file, string table, Action<long> report, CancellationToken cancellationToken)
    {
        using var reader = TableFiles.Open(file, new Dictionary<string, DataType>());
        var opened = await client.OpenTableAsync(table, cancellationToken).ConfigureAwait(false);
        return await Importer.RunAsync(reader, reader.Columns, opened, report, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The folder with the sample files: beside the program, or above it or above the present directory in a clone of the repository.</summary>
    /// <exception cref="GridException">It is nowhere.</exception>
    public static string FindSamples(string? given)
    {
        if (given is not null)
            return File.Exists(FlightsFile(given)) && File.Exists(AirportsFile(given)) ? given
                : throw new GridException(GridErrorCode.InvalidArgument, $"--samples is '{given}', where flights-3m.parquet and airports.csv are not both; name the repository's samples folder.");
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
            for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
                if (Path.Combine(directory.FullName, "samples") is var samples && File.Exists(FlightsFile(samples)) && File.Exists(AirportsFile(samples)))
                    return samples;
        throw new GridException(GridErrorCode.InvalidArgument,
            "The sample files flights-3m.parquet and airports.csv were not found; run the demo in a clone of the repository, or name their folder with --samples DIR.");
    }
}
