using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Storage;
using Grid.Storage.Buckets;

namespace Grid.Bench.Jobs;

/// <summary>Opens a bucket with 1 GiB of sealed segments in a new engine, its files first in the operating system's cache, then not.</summary>
internal sealed class OpenBucketJob : BenchJob
{
    private const int FrameRows = 250;

    public override string Name => "open-bucket";

    public override string Description => "open a bucket with 1 GiB of sealed segments, cold engine";

    public override string Against => "-";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var data = Path.Combine(context.Folder(Name), "data");
        var table = EngineTables.Info(WideRows.Table("bench.open", buckets: 1, FrameCompression.None));
        long bytes;
        await using (var node = new StorageNode(new StorageNodeOptions { DataDirectory = data }, TimeProvider.System))
        await using (var engine = await BucketEngine.OpenAsync(node, table.Bucket(0), table, cancellationToken))
        {
            using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
            using var block = encoder.Encode(WideRows.Batch(table.Schema, FrameRows, 1), table.Schema, null, FrameFlags.None, default, 0);
            for (var i = 0; i < context.Scaled((int)((1L << 30) / block.Length) + 64); i++)
                await engine.AppendAsync(new AppendRequest { Frames = block }, cancellationToken);
            bytes = engine.GetStatus().LogBytes;
        }

        var warm = await OpenAsync(data, table, context.Rounds, dropped: false, cancellationToken);
        if (!FileCache.TryDrop(data))
            return [Result("time, file cache warm (this system lets nobody drop it)", warm, bytes)];
        var cold = await OpenAsync(data, table, context.Rounds, dropped: true, cancellationToken);
        return [Result("time, file cache cold", cold, bytes), Result("time, file cache warm", warm, bytes)];
    }

    private static async Task<List<double>> OpenAsync(string data, TableInfo table, int rounds, bool dropped, CancellationToken cancellationToken)
    {
        var seconds = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            if (dropped)
                FileCache.TryDrop(data);
            await using var node = new StorageNode(new StorageNodeOptions { DataDirectory = data }, TimeProvider.System);
            var watch = Stopwatch.StartNew();
            await using var engine = await BucketEngine.OpenAsync(node, table.Bucket(0), table, cancellationToken);
            seconds.Add(watch.Elapsed.TotalSeconds);
        }

        seconds.Sort();
        return seconds;
    }

    private static BenchResult Result(string figure, List<double> seconds, long bytes)
    {
        var median = seconds[seconds.Count / 2];
        return new BenchResult(figure, "< 1 s", string.Create(CultureInfo.InvariantCulture, $"{median:0.000} s"), median < 1,
            string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB; {seconds[0]:0.000}..{seconds[^1]:0.000} s in {seconds.Count} rounds"));
    }
}
