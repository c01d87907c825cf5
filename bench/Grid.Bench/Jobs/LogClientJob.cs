using System.Diagnostics;
using System.Globalization;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Client;

namespace Grid.Bench.Jobs;

/// <summary>
/// Appends and scans through the client from another process, 4 buckets, against a loopback TCP copy of the same bytes as sent; then one column of
/// twenty against all twenty.
/// </summary>
internal sealed class LogClientJob : BenchJob
{
    private const int BatchRows = 2000;
    private const int Buckets = 4;

    public override string Name => "log-client";

    public override string Description => "append, full scan, scan of 1 of 20 columns through the client from another process, 4 buckets, acknowledged";

    public override string Against => "loopback TCP copy of the same bytes as sent";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        await using var session = await ServerSession.StartAsync(Path.Combine(context.Folder(Name), "data"));
        await using var peer = await ChildProcess.StartAsync("tcp");
        var port = int.Parse(peer.Ready, CultureInfo.InvariantCulture);
        var results = new List<BenchResult>();
        results.AddRange(await RunAsync(session, port, context, FrameCompression.None, asked: true));
        results.AddRange(await RunAsync(session, port, context, FrameCompression.Zstd, asked: false));
        return results;
    }

    private static async Task<IReadOnlyList<BenchResult>> RunAsync(ServerSession session, int port, BenchContext context, FrameCompression compression, bool asked)
    {
        var path = $"bench.wide_{compression}".ToLowerInvariant();
        var count = context.Scaled(256); // about 512 MB before compression: 128 MB a bucket, less than a segment
        var rows = (double)count * BatchRows;

        // The table that is scanned, written first: that warms both processes up and tells how many bytes are sent.
        await using var table = await session.Client.CreateTableAsync(WideRows.Table(path, Buckets, compression));
        var batches = Enumerable.Range(0, 16).Select(seed => WideRows.Batch(table.Info.Schema, BatchRows, seed)).ToArray();
        await AppendAsync(table, batches, count);
        var sentBytes = await LogBytesAsync(table);

        // A table of its own for each round, dropped afterwards: what is measured is the way to the file cache, not how fast this disk empties it.
        var before = await session.GarbageAsync();
        var append = await PairedRounds.MeasureAsync(
            context.Rounds,
            async round =>
            {
                double seconds;
                await using (var own = await session.Client.CreateTableAsync(WideRows.Table($"{path}_{round}", Buckets, compression)))
                    seconds = await AppendAsync(own, batches, count);
                await session.Client.DropTableAsync($"{path}_{round}");
                return sentBytes / MiB / seconds;
            },
            async _ => await TcpPeer.CopyAsync(port, send: true, sentBytes, connections: 1) / MiB);
        var after = await session.GarbageAsync();

        var total = await LogBytesAsync(table);
        var totalRows = (double)await table.CountAsync();
        var scan = await PairedRounds.MeasureAsync(
            context.Rounds,
            async _ => total / MiB / await ScanAsync(table, null),
            async _ => await TcpPeer.CopyAsync(port, send: false, total, connections: 1) / MiB);
        var scanned = await session.GarbageAsync();
        var prune = await PairedRounds.MeasureAsync(
            context.Rounds,
            async _ => totalRows / await ScanAsync(table, ["n03"]),
            async _ => totalRows / await ScanAsync(table, null));

        var kind = compression == FrameCompression.None ? "" : $", {compression}";
        var serverBytesPerRow = (after.AllocatedBytes - before.AllocatedBytes) / (rows * (context.Rounds + 1));
        var scanBytesPerRow = (scanned.AllocatedBytes - after.AllocatedBytes) / (totalRows * (context.Rounds + 1));
        BenchResult[] results =
        [
            append.ToResult("append throughput" + kind, 0.20, "MiB/s"),
            scan.ToResult("scan throughput" + kind, 0.25, "MiB/s"),
            new BenchResult("scan 1 of 20 columns, rows/s" + kind, ">= 12 x", string.Create(CultureInfo.InvariantCulture, $"{prune.Ratio:0.0} x"), prune.Ratio >= 12,
                string.Create(CultureInfo.InvariantCulture, $"{prune.Subject:N0} against {prune.Baseline:N0} rows/s with all 20; {prune.RatioSpread}")),
            new BenchResult("server allocation and pauses while appending" + kind, "", string.Create(CultureInfo.InvariantCulture, $"{serverBytesPerRow:0.0} B/row"), null,
                string.Create(CultureInfo.InvariantCulture, $"GC paused {after.PauseMs - before.PauseMs:0} ms in all, longest of the last collections {after.LongestPauseMs:0.0} ms")),
            new BenchResult("server allocation and pauses while scanning" + kind, "", string.Create(CultureInfo.InvariantCulture, $"{scanBytesPerRow:0.0} B/row"), null,
                string.Create(CultureInfo.InvariantCulture, $"GC paused {scanned.PauseMs - after.PauseMs:0} ms in all, longest of the last collections {scanned.LongestPauseMs:0.0} ms")),
        ];
        return asked ? results : [.. results.Select(result => result with { Asked = "", Met = null })];
    }

    private const double MiB = 1 << 20;

    private static async Task<double> AppendAsync(GridTable table, RecordBatch[] batches, int count)
    {
        var watch = Stopwatch.StartNew();
        await using (var writer = table.CreateWriter())
        {
            for (var i = 0; i < count; i++)
                await writer.AddAsync(batches[i % batches.Length]);
            await writer.FlushAsync();
        }

        return watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> ScanAsync(GridTable table, IReadOnlyList<string>? columns)
    {
        var watch = Stopwatch.StartNew();
        long rows = 0;
        await foreach (var batch in table.ScanAsync(new ScanOptions { Columns = columns }))
        {
            using (batch)
                rows += batch.RowCount;
        }

        return rows > 0 ? watch.Elapsed.TotalSeconds : throw new InvalidOperationException("The scan found no rows.");
    }

    private static async Task<long> LogBytesAsync(GridTable table) => (await table.GetStatusAsync()).Sum(status => status.LogBytes);
}
