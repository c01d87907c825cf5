using System.Diagnostics;
using System.Globalization;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Jobs;

/// <summary>A full scan through the client from another process, over the data port and by grain calls, each against a loopback TCP copy of the same bytes, and one against the other.</summary>
internal sealed class DataPortScanJob : BenchJob
{
    private const double MiB = 1 << 20;
    private const int BatchRows = 2000;
    private const int Buckets = 4;

    public override string Name => "data-port-scan";

    public override string Description => "full scan of 4 buckets through the client from another process, over the data port and by grain calls";

    public override string Against => "loopback TCP copy of the same bytes as sent";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var session = await ServerSession.StartAsync(Path.Combine(context.Folder(Name), "data"));
        await using var fetching = await GridClient.ConnectAsync(session.Endpoint, new GridClientOptions { UseDataPort = false }, cancellationToken);
        await using var peer = await ChildProcess.StartAsync("tcp");
        var port = int.Parse(peer.Ready, CultureInfo.InvariantCulture);

        await using var table = await session.Client.CreateTableAsync(WideRows.Table("bench.wide", Buckets, FrameCompression.None), cancellationToken);
        await using var sameTable = await fetching.OpenTableAsync("bench.wide", cancellationToken);
        await AppendAsync(table, context.Scaled(256)); // about 512 MB
        var bytes = (await table.GetStatusAsync(cancellationToken)).Sum(status => status.LogBytes);

        async Task<double> TcpAsync(int round) => await TcpPeer.CopyAsync(port, send: false, bytes, connections: 1) / MiB;
        async Task<double> StreamAsync(int round) => bytes / MiB / await ScanAsync(table);
        async Task<double> FetchAsync(int round) => bytes / MiB / await ScanAsync(sameTable);
        var stream = await PairedRounds.MeasureAsync(context.Rounds, StreamAsync, TcpAsync);
        var fetch = await PairedRounds.MeasureAsync(context.Rounds, FetchAsync, TcpAsync);
        var both = await PairedRounds.MeasureAsync(context.Rounds, StreamAsync, FetchAsync);
        return
        [
            stream.ToResult("scan over the data port", 0.25, "MiB/s"),
            fetch.ToResult("scan by grain calls", 0.25, "MiB/s") with { Asked = "", Met = null },
            both.ToResult("data port beside grain calls", 1, "MiB/s") with { Asked = "", Met = null },
        ];
    }

    private static async Task AppendAsync(GridTable table, int count)
    {
        var batches = Enumerable.Range(0, 16).Select(seed => WideRows.Batch(table.Info.Schema, BatchRows, seed)).ToArray();
        await using var writer = table.CreateWriter();
        for (var i = 0; i < count; i++)
            await writer.AddAsync(batches[i % batches.Length]);
        await writer.FlushAsync();
    }

    private static async Task<double> ScanAsync(GridTable table)
    {
        var watch = Stopwatch.StartNew();
        long rows = 0;
        await foreach (var batch in table.ScanAsync(new ScanOptions()))
        {
            using (batch)
                rows += batch.RowCount;
        }

        return rows > 0 ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException("The scan found no rows.");
    }
}
