using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Client;
using Grid.Silo;
using Grid.Sql;

namespace Grid.Bench.Jobs;

/// <summary>How soon rows are seen: from an acknowledged append to a statement over lake and log that has them, and to a commit of the lake table that has them, while others are appended and tiered.</summary>
internal sealed class LakeFreshnessJob : BenchJob
{
    private const int FreshnessMs = 1000;
    private const int BatchRows = 1000;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public override string Name => "lake-freshness";

    public override string Description => "time from an acknowledged append until a union read, and the lake, have it; freshness 1 s";

    public override string Against => "the freshness asked for";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = Path.Combine(context.Folder(Name), "data") }, cancellationToken);
        await host.Client.CreateDatabaseAsync("bench", cancellationToken: cancellationToken);
        await using var table = await host.Client.CreateTableAsync<LogRow>("bench.fresh", new TableOptions { Lake = LakeMode.On, LakeFreshnessMs = FreshnessMs }, cancellationToken: cancellationToken);
        var info = await host.Client.OpenTableAsync("bench.fresh", cancellationToken);
        await using var sql = GridSql.Open(host.Client);

        var acknowledged = new Queue<(long Rows, long At)>();
        var (seen, tiered) = (new List<double>(), new List<double>());
        var rows = 0L;
        for (var i = 0; i < Math.Max(20, context.Scaled(300)); i++)
        {
            await table.AppendAsync([.. Enumerable.Range(0, BatchRows).Select(row => new LogRow(rows + row, "a row"))], cancellationToken);
            rows += BatchRows;
            var at = Stopwatch.GetTimestamp();
            acknowledged.Enqueue((rows, at));
            while (await CountAsync(sql, cancellationToken) < rows)
                await Task.Delay(Look, cancellationToken);
            seen.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            await NoteAsync(info, acknowledged, tiered, cancellationToken);
        }

        while (acknowledged.Count > 0)
        {
            await Task.Delay(Look, cancellationToken);
            await NoteAsync(info, acknowledged, tiered, cancellationToken);
        }

        return
        [
            Result("visible in a union read, p99", "< 1 s", seen, 1000),
            Result("in the lake, p99", "< freshness + 30 s", tiered, FreshnessMs + 30_000),
        ];
    }

    /// <summary>Notes what the lake has by now; rows came in one after another.</summary>
    private static async Task NoteAsync(GridTable table, Queue<(long Rows, long At)> acknowledged, List<double> tiered, CancellationToken cancellationToken)
    {
        var status = await table.GetLakeStatusAsync(cancellationToken);
        var inLake = status.Buckets.Sum(bucket => bucket.Tiered.Value);
        while (acknowledged.TryPeek(out var next) && next.Rows <= inLake)
        {
            tiered.Add(Stopwatch.GetElapsedTime(next.At).TotalMilliseconds);
            acknowledged.Dequeue();
        }
    }

    private static async Task<long> CountAsync(GridSql sql, CancellationToken cancellationToken)
    {
        await foreach (var row in sql.QueryRowsAsync("select count(*) from bench.fresh", cancellationToken: cancellationToken))
            return Convert.ToInt64(row[0], CultureInfo.InvariantCulture);
        return 0;
    }

    private static BenchResult Result(string figure, string asked, List<double> ms, double msMax)
    {
        var sorted = ms.Order().ToArray();
        var p99 = sorted[(int)((sorted.Length - 1) * 0.99)];
        return new BenchResult(figure, asked, string.Create(CultureInfo.InvariantCulture, $"{p99 / 1000:0.00} s"), p99 < msMax,
            string.Create(CultureInfo.InvariantCulture, $"median {sorted[sorted.Length / 2]:0} ms, most {sorted[^1]:0} ms, {sorted.Length} appends of {BatchRows} rows"));
    }
}
