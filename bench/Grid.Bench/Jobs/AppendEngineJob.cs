using System.Diagnostics;
using System.Globalization;
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

    // What a call allocates is measured within one segment, so that no roll falls into it, at two sizes of frames: the slope between them is what a row costs.
    private const int LargeFrameRows = 1000;
    private const int CountedCalls = 200; // of 1 MiB at most, in a segment of 256 MiB
    private const int WarmingCalls = 32;

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
        var allocatedPerCall = 0.0;
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
                    allocatedPerCall = (GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / (double)count;
                }

                await BucketEngine.DeleteAsync(node, id, cancellationToken);
                return rate;
            },
            round => Task.FromResult(WriteRaw(Path.Combine(folder, $"raw{round}"), blocks, count, bytes)));

        foreach (var block in blocks)
            block.Dispose();
        var small = await AllocatedPerCallAsync(node, table, bucketNumber++, FrameRows, cancellationToken);
        var large = await AllocatedPerCallAsync(node, table, bucketNumber, LargeFrameRows, cancellationToken);
        var perRow = (large - small) / (LargeFrameRows - FrameRows);
        return
        [
            figure.ToResult("throughput", 0.70, "MiB/s"),
            new BenchResult("allocated for each further row of a frame", "0 in steady state", string.Create(CultureInfo.InvariantCulture, $"{perRow:0.00} bytes"), perRow < 0.05,
                $"the slope between frames of {FrameRows} and of {LargeFrameRows} rows, {CountedCalls} calls each within one segment; less than 0.05, or below 0, is noise"),
            new BenchResult("allocated for each call, however many rows it has", "", $"{small:0} bytes", null, string.Create(CultureInfo.InvariantCulture,
                $"{large:0} bytes with {LargeFrameRows} rows a frame; {allocatedPerCall:0} bytes over a whole throughput round, rolls of segments included: {allocatedPerCall / FrameRows:0.0} a row")),
        ];
    }

    private static async Task<double> AllocatedPerCallAsync(StorageNode node, TableInfo table, int bucket, int frameRows, CancellationToken cancellationToken)
    {
        var id = table.Bucket(bucket);
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        using var block = encoder.Encode(WideRows.Batch(table.Schema, frameRows, seed: 1), table.Schema, null, FrameFlags.None, default, 0);
        double allocated;
        await using (var engine = await BucketEngine.OpenAsync(node, id, table, cancellationToken))
        {
            await AppendAllAsync(engine, [block], WarmingCalls, cancellationToken);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await AppendAllAsync(engine, [block], CountedCalls, cancellationToken);
            allocated = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)CountedCalls;
        }

        await BucketEngine.DeleteAsync(node, id, cancellationToken);
        return allocated;
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
