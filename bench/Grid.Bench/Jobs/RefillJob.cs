using System.Diagnostics;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Storage;
using Grid.Storage.Buckets;
using Grid.Storage.DataPort;
using Grid.Storage.Files;

namespace Grid.Bench.Jobs;

/// <summary>A bucket's files over the data port into an empty directory, hashed at both ends and flushed, against a plain copy of the same files, flushed too. Both ends share this process.</summary>
internal sealed class RefillJob : BenchJob
{
    private const double MiB = 1 << 20;
    private const int FrameRows = 1000;

    public override string Name => "refill";

    public override string Description => "a bucket of 1 GiB sent as files over the data port into an empty directory, hashes checked, flushed";

    public override string Against => "File.Copy of the same files, flushed";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var folder = context.Folder(Name);
        var data = Path.Combine(folder, "data");
        var table = EngineTables.Info(WideRows.Table("bench.wide", buckets: 1, FrameCompression.None));
        await using var node = new StorageNode(new StorageNodeOptions { DataDirectory = data, DefaultFlush = FlushPolicy.Os }, TimeProvider.System);
        await using var engine = await BucketEngine.OpenAsync(node, table.Bucket(0), table, cancellationToken);
        await AppendAsync(engine, table, context.Scaled(4096), cancellationToken);
        var files = Directory.GetFiles(data, "*.arrow", SearchOption.AllDirectories);
        var bytes = files.Sum(file => new FileInfo(file).Length);

        await using var server = new DataPortServer(new DataPortServerOptions(), TimeProvider.System);
        var figure = await PairedRounds.MeasureAsync(
            context.Rounds,
            async round => await RefillAsync(server, engine, Path.Combine(folder, $"refill{round}")) / MiB,
            round => Task.FromResult(Copy(files, bytes, Path.Combine(folder, $"copy{round}")) / MiB));
        return [figure.ToResult("refill", 0.50, "MiB/s")];
    }

    private static async Task AppendAsync(BucketEngine engine, TableInfo table, int count, CancellationToken cancellationToken)
    {
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        var blocks = Enumerable.Range(0, 16).Select(seed => encoder.Encode(WideRows.Batch(table.Schema, FrameRows, seed), table.Schema, null, FrameFlags.None, default, 0)).ToArray();
        for (var i = 0; i < count; i++)
            await engine.AppendAsync(new AppendRequest { Frames = blocks[i % blocks.Length] }, cancellationToken);
        foreach (var block in blocks)
            block.Dispose();
    }

    private static async Task<double> RefillAsync(DataPortServer server, BucketEngine engine, string target)
    {
        var watch = Stopwatch.StartNew();
        double rate;
        var reader = await DataPortClient.ConnectAsync(server.Issue(engine.OpenRefillSource()), new DataPortClientOptions(), TimeProvider.System, default);
        await using (reader)
        {
            var head = await FileSetReceiver.ReceiveAsync(reader, target, new FileSetLimits(), new DiskFileStore(), default);
            rate = head.Bytes / watch.Elapsed.TotalSeconds;
        }

        Directory.Delete(target, recursive: true);
        return rate;
    }

    private static double Copy(string[] files, long bytes, string target)
    {
        var watch = Stopwatch.StartNew();
        Directory.CreateDirectory(target);
        foreach (var file in files)
        {
            var copy = Path.Combine(target, Path.GetFileName(file));
            File.Copy(file, copy);
            using var handle = File.OpenHandle(copy, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }

        new DiskFileStore().SyncDirectory(target);
        var rate = bytes / watch.Elapsed.TotalSeconds;
        Directory.Delete(target, recursive: true);
        return rate;
    }
}
