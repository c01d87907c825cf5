using System.Diagnostics;
using System.Globalization;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Client;
using Grid.Silo;
using Grid.Silo.Formats;
using Grid.Sql;
using Grid.Sql.Native;

namespace Grid.Bench.Jobs;

/// <summary>
/// Statements over three million flights of which 95 % are in the lake and 5 % in the log, with a node in the same process, against DuckDB alone in it: on the sample as it came, and on the same rows in Parquet files as the lake writes
/// them. DuckDB alone opens a new database for each statement, as SQL over the grid does.
/// </summary>
internal sealed class SqlJob : BenchJob
{
    private const string Sample = "samples/flights-3m.parquet";
    private const int Runs = 5;

    public override string Name => "sql";

    public override string Description => "count and group by over 3 M flights, 95 % in the lake, 5 % in the log";

    public override string Against => "DuckDB alone, in the same process";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = Path.Combine(context.Folder(Name), "data") }, cancellationToken);
        await host.Client.CreateDatabaseAsync("air", cancellationToken: cancellationToken);
        await using var part = await CreateAsync(host.Client, "air.flights", cancellationToken);
        await using var whole = await CreateAsync(host.Client, "air.whole", cancellationToken);
        var (rows, tiered) = await FillAsync([part, whole], cancellationToken);
        await whole.FlushLakeAsync(cancellationToken);
        var snapshot = await whole.OpenLakeSnapshotAsync(cancellationToken: cancellationToken);
        var files = string.Join(", ", snapshot.Files.Select(file => $"'{new Uri(file.Location).LocalPath}'"));
        await using var sql = GridSql.Open(host.Client);

        var results = new List<BenchResult>();
        foreach (var (name, statement) in new[]
        {
            ("count", "select count(*) from {0}"),
            ("group by", "select origin, count(*), avg(delay) from {0} group by origin order by origin"),
            ("filter", "select destination, max(delay) from {0} where delay > 120 group by destination order by destination"),
        })
        {
            var ours = string.Format(CultureInfo.InvariantCulture, statement, "air.flights");
            var sample = string.Format(CultureInfo.InvariantCulture, statement, $"read_parquet('{Path.GetFullPath(Sample)}')");
            var lake = string.Format(CultureInfo.InvariantCulture, statement, $"read_parquet([{files}])");
            async Task<double> GridAsync(int round) => await RateAsync(rows, async () =>
            {
                await foreach (var batch in sql.QueryAsync(ours, cancellationToken: cancellationToken))
                    Require(batch.Length > 0);
            });
            Task<double> AloneAsync(string alone) => RateAsync(rows, () => Task.Run(() =>
            {
                using var connection = DuckConnection.Open([]);
                Require(connection.Read(alone).Count > 0);
            }));
            var raw = await PairedRounds.MeasureAsync(context.Rounds, GridAsync, _ => AloneAsync(sample));
            var same = await PairedRounds.MeasureAsync(context.Rounds, GridAsync, _ => AloneAsync(lake));
            results.Add(Times(raw, rows, $"{name}, against the sample file", tiered));
            results.Add(same.ToResult($"{name}, against the same rows in Parquet", 0.8, "rows/s"));
        }

        return results;
    }

    private static Task<GridTable> CreateAsync(GridClient client, string path, CancellationToken cancellationToken) => client.CreateTableAsync(new CreateTable
    {
        Path = TablePath.Parse(path),
        Columns = [.. Open().Columns],
        Options = new TableOptions { Buckets = 4, Lake = LakeMode.On, LakeFreshnessMs = 86_400_000 },
    }, cancellationToken);

    /// <summary>Appends the sample to all tables; of the first the last twentieth stays in the log.</summary>
    private static async Task<(long Rows, long Tiered)> FillAsync(GridTable[] tables, CancellationToken cancellationToken)
    {
        using var reader = Open();
        var total = reader.Rows ?? throw new InvalidOperationException($"{Sample} does not say how many rows it has.");
        var caster = new BatchCaster(reader.Columns);
        var (rows, tiered) = (0L, 0L);
        await foreach (var batch in reader.ReadAsync(cancellationToken))
        {
            if (tiered == 0 && rows >= total * 95 / 100)
            {
                await tables[0].FlushLakeAsync(cancellationToken);
                tiered = rows;
            }

            foreach (var table in tables)
                await table.AppendAsync(caster.Cast(batch), cancellationToken);
            rows += batch.Length;
        }

        return tiered > 0 ? (rows, tiered) : throw new InvalidOperationException($"{Sample} came in batches too large to be split.");
    }

    private static ParquetFileReader Open() => ParquetFileReader.Open(Sample);

    private static async Task<double> RateAsync(long rows, Func<Task> run)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Runs; i++)
            await run();
        return rows * Runs / watch.Elapsed.TotalSeconds;
    }

    private static void Require(bool found)
    {
        if (!found)
            throw new InvalidOperationException("A statement found nothing.");
    }

    private static BenchResult Times(PairedFigure figure, long rows, string name, long tiered) => new(
        name,
        "<= 1.5 x the time",
        string.Create(CultureInfo.InvariantCulture, $"{1 / figure.Ratio:0.00} x"),
        1 / figure.Ratio <= 1.5,
        string.Create(CultureInfo.InvariantCulture, $"{rows / figure.Subject * 1000:0} ms against {rows / figure.Baseline * 1000:0} ms, {rows - tiered:N0} of {rows:N0} rows in the log; {figure.RatioSpread}"));
}
