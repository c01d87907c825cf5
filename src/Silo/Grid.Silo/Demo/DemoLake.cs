using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Demo;

/// <summary>The flights' history: it went into the lake while they were stored; now the log gives it up, and it is read from there.</summary>
internal sealed class DemoLake(GridClient client, DemoReport report, DemoProof proof)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        report.Chapter("Lake", "While they were stored, flights and routes went into Parquet files of Iceberg tables. What is missing follows; then the log gives up what the lake has.");
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        var lake = await FlushAsync(flights, cancellationToken).ConfigureAwait(false);
        await RoutesAsync(cancellationToken).ConfigureAwait(false);
        await CutAsync(flights, lake.Rows, cancellationToken).ConfigureAwait(false);
        await proof.FlightsAsync("flights, from lake and log", cancellationToken).ConfigureAwait(false);
    }

    private async Task<LakeStatus> FlushAsync(GridTable flights, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var before = await flights.GetLakeStatusAsync(cancellationToken).ConfigureAwait(false);
        var count = await flights.CountAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var lake = await flights.FlushLakeAsync(cancellationToken).ConfigureAwait(false);
        if (lake.Rows != count)
            throw new GridException(GridErrorCode.Internal, $"The lake has {lake.Rows} flights, the table {count}. Please report it with the directory that --keep leaves.");
        report.Step(new DemoStep("bring the rest into the lake",
            $"{Humane.Count(lake.Rows)} rows in {lake.Files} files, each once; {Humane.Count(before.Rows)} were there", watch.Elapsed)
        { Rows = lake.Rows - before.Rows });
        report.Show($"{lake.Location}, version {lake.Version}, {Humane.Bytes(lake.Bytes)}");
        return lake;
    }

    /// <summary>A table whose rows change: the lake has each as it is now.</summary>
    private async Task RoutesAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var routes = await client.OpenTableAsync(AirTables.Routes, cancellationToken).ConfigureAwait(false);
        var lake = await routes.FlushLakeAsync(cancellationToken).ConfigureAwait(false);
        var count = await routes.CountAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        if (lake.Rows != count)
            throw new GridException(GridErrorCode.Internal, $"The lake has {lake.Rows} routes, the table {count}. Please report it with the directory that --keep leaves.");
        var changes = lake.Buckets.Sum(bucket => bucket.Tiered.Value);
        report.Step(new DemoStep("routes in the lake as they are now", $"{Humane.Count(lake.Rows)} rows of {Humane.Count(changes)} changes, {lake.Files} files", watch.Elapsed) { Rows = lake.Rows });
    }

    /// <summary>Leaves each log its last segment.</summary>
    private async Task CutAsync(GridTable flights, long rows, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var before = (await flights.GetStatusAsync(cancellationToken).ConfigureAwait(false)).Sum(bucket => bucket.LogBytes);
        await client.SetOptionsAsync(AirTables.Flights, flights.Info.Options with { RetentionBytes = 1 }, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<BucketStatus> buckets;
        do
        {
            await Task.Delay(100, cancellationToken).ConfigureAwait(false);
            buckets = await flights.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        }
        while (buckets.Any(bucket => bucket.Segments > 1));
        var gone = buckets.Sum(bucket => bucket.StartOffset.Value);
        report.Step(new DemoStep("the log gives up what the lake has", $"{100.0 * gone / rows:0} % of the rows, {Humane.Bytes(before - buckets.Sum(bucket => bucket.LogBytes))}", watch.Elapsed) { Rows = gone });
    }
}
