using System.Diagnostics;
using System.Globalization;
using System.Net;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Grid.Bench.Jobs;

/// <summary>One call at a time from another process: append against an fsync of one page, lookup against a bare grain call; p99.</summary>
internal sealed class LowLoadJob : BenchJob
{
    private const int PageBytes = 4096;

    /// <summary>Rounds before those that count: each call must have been compiled for good.</summary>
    private const int WarmUpRounds = 4;

    /// <summary>Calls of one kind before the other's turn: a burst of other work on the machine, which lasts longer, meets both.</summary>
    private const int Turn = 500;

    public override string Name => "low-load";

    public override string Description => "single append (flush by commit) and single lookup at low load, p99";

    public override string Against => "fsync of one page; a bare grain call";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var folder = context.Folder(Name);
        await using var session = await ServerSession.StartAsync(Path.Combine(folder, "data"), "Commit");
        await using var log = await session.Client.CreateTableAsync<LogRow>("bench.single_log", cancellationToken: cancellationToken);
        await using var table = await session.Client.CreateTableAsync<KeyRow>("bench.single_key", cancellationToken: cancellationToken);
        for (var i = 0; i < 100; i++)
            await table.UpsertAsync(new KeyRow(i, $"value {i}"), cancellationToken);

        var calls = Math.Max(100, context.Scaled(4000));
        using var bareClient = await BareClientAsync(session.Endpoint, cancellationToken);
        var ping = bareClient.Services.GetRequiredService<IClusterClient>().GetGrain<IPingGrain>(0);
        using var page = File.OpenHandle(Path.Combine(folder, "page"), FileMode.Create, FileAccess.Write);
        var bytes = new byte[PageBytes];
        long position = 0;

        // In turn, so that both sides see the same machine. The lookup's ratio is the median of the rounds': one round that was disturbed decides nothing.
        var (append, fsync, lookup, bare) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var ratios = new List<double>();
        for (var round = 0; round < WarmUpRounds + context.Rounds; round++)
        {
            var keep = round >= WarmUpRounds;
            await TimeAsync(keep ? fsync : null, calls / 16, _ =>
            {
                RandomAccess.Write(page, bytes, position += PageBytes);
                RandomAccess.FlushToDisk(page);
                return Task.CompletedTask;
            });
            await TimeAsync(keep ? append : null, calls / 16, i => log.AppendAsync(new LogRow(i, "one row"), cancellationToken));
            var (lookups, pings) = (new List<double>(), new List<double>());
            for (var done = 0; done < calls; done += Turn)
            {
                await TimeAsync(pings, Turn, i => ping.PingAsync(i));
                await TimeAsync(lookups, Turn, i => table.LookupAsync((long)((done + i) % 100), cancellationToken));
            }

            if (!keep)
                continue;
            ratios.Add(P99(lookups) / P99(pings));
            lookup.AddRange(lookups);
            bare.AddRange(pings);
        }

        var (appendMs, fsyncMs, lookupMs, bareMs, ratio) = (P99(append), P99(fsync), P99(lookup), P99(bare), P(ratios, 0.5));
        return
        [
            new BenchResult("append p99", "<= 1.5 x fsync + 2 ms", Ms(appendMs), appendMs <= (1.5 * fsyncMs) + 2, $"fsync p99 {Ms(fsyncMs)}, median {Ms(P(fsync, 0.5))}; append median {Ms(P(append, 0.5))}"),
            new BenchResult("lookup p99", "<= 1.5 x grain call", string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} x"), ratio <= 1.5,
                string.Create(CultureInfo.InvariantCulture,
                    $"ratio {ratios[0]:0.00}..{ratios[^1]:0.00} in {ratios.Count} rounds; over all of them lookup p99 {Ms(lookupMs)}, median {Ms(P(lookup, 0.5))}; call p99 {Ms(bareMs)}, median {Ms(P(bare, 0.5))}")),
        ];
    }

    /// <summary>An Orleans client with nothing of Grid in it.</summary>
    private static async Task<IHost> BareClientAsync(string endpoint, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client
            .UseStaticClustering(IPEndPoint.Parse(endpoint))
            .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (GridCluster.ClusterId, GridCluster.ServiceId)));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    private static async Task TimeAsync(List<double>? into, int calls, Func<int, Task> call)
    {
        for (var i = 0; i < calls; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await call(i);
            into?.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static double P99(List<double> values) => P(values, 0.99);

    private static double P(List<double> values, double quantile)
    {
        values.Sort();
        return values[(int)(quantile * (values.Count - 1))];
    }

    private static string Ms(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} ms");
}

/// <summary>A row of the log table.</summary>
public sealed record LogRow(long Id, string Text);

/// <summary>A row of the primary-key table.</summary>
public sealed record KeyRow([property: Key] long Id, string Text);
