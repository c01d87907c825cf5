using System.Diagnostics;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Storage;
using Grid.Storage.Buckets;

namespace Grid.Bench.Jobs;

/// <summary>Appends frames to one bucket, engine alone, flush by the operating system, against writing the same bytes to a file.</summary>
internal sealed class AppendEngineJob : BenchJob
{
    private const int FrameRows = 250; // about 256 KiB
    private const int InFlight = 8;

    public override string Name => "append-engine";

    public override string Description => "append 20 columns of ints and strings, about 1 KB a row, engine alone, flush by OS";

    public override string Against => "writing the same bytes to a file";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var folder = context.Folder(Name);
        var table = EngineTables.Info(WideRows.Table("bench.wide", buckets: 1, FrameCompression.None));
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        var blocks = Enumerable.Range(0, 64).Select(seed => encoder.Encode(WideRows.Batch(table.Schema, FrameRows, seed), table.Schema, null, FrameFlags.None, default, 0)).ToArray();
        var count = context.Scaled(4096); // about 1 GiB
        var bytes = Enumerable.Range(0, count).Sum(i => (long)blocks[i % blocks.Length].Length);

        await using var node = new StorageNode(new StorageNodeOptions { DataDirectory = Path.Combine(folder, "data") }, TimeProvider.System);
        var bucketNumber = 0;
        var allocatedPerRow = 0.0;
        var figure = await PairedRounds.MeasureAsync(
            context.Rounds,
            async _ =>
            {
                var id = table.Bucket(bucketNumber++);
                double rate;
                await using (var engine = await BucketEngine.OpenAsync(node, id, table, cancellationToken))
                {
                    var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
                    var watch = Stopwatch.StartNew();
                    await AppendAllAsync(engine, blocks, count, cancellationToken);
                    rate = bytes / watch.Elapsed.TotalSeconds / (1 << 20);
                    allocatedPerRow = (GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / ((double)count * FrameRows);
                }

                await BucketEngine.DeleteAsync(node, id, cancellationToken);
                return rate;
            },
            round => Task.FromResult(WriteRaw(Path.Combine(folder, $"raw{round}"), blocks, count, bytes)));

        foreach (var block in blocks)
            block.Dispose();
        return
        [
            figure.ToResult("throughput", 0.70, "MiB/s"),
            new BenchResult("allocated per row", "0 in steady state", $"{allocatedPerRow:0.0} bytes", allocatedPerRow == 0, $"a constant per request (about {allocatedPerRow * FrameRows:0} bytes), spread over the {FrameRows} rows of a frame"),
        ];
    }

    private static async Task AppendAllAsync(BucketEngine engine, FrameBlock[] blocks, int count, CancellationToken cancellationToken)
    {
        var inFlight = new Queue<Task<AppendAnswer>>(InFlight);
        for (var i = 0; i < count; i++)
        {
            if (inFlight.Count == InFlight)
                await inFlight.Dequeue();
            inFlight.Enqueue(engine.AppendAsync(new AppendRequest { Frames = blocks[i % blocks.Length] }, cancellationToken));
        }

        while (inFlight.TryDequeue(out var append))
            await append;
    }

    private static double WriteRaw(string path, FrameBlock[] blocks, int count, long bytes)
    {
        double rate;
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            var watch = Stopwatch.StartNew();
            long position = 0;
            for (var i = 0; i < count; i++)
            {
                var block = blocks[i % blocks.Length];
                RandomAccess.Write(file, block.Span, position);
                position += block.Length;
            }

            rate = bytes / watch.Elapsed.TotalSeconds / (1 << 20);
        }

        File.Delete(path);
        return rate;
    }
}
