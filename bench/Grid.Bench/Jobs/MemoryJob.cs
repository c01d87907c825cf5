using System.Diagnostics;
using System.Globalization;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Storage;
using Grid.Storage.Buckets;

namespace Grid.Bench.Jobs;

/// <summary>Memory of open, empty primary-key buckets; what a closed one leaves behind.</summary>
internal sealed class MemoryJob : BenchJob
{
    private const int Buckets = 200;

    public override string Name => "memory";

    public override string Description => "memory of an open empty primary-key bucket; of a registered, idle (closed) one";

    public override string Against => "-";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var table = EngineTables.Info(NarrowRows.Table("bench.memory", buckets: Buckets));
        await using var node = new StorageNode(new StorageNodeOptions { DataDirectory = Path.Combine(context.Folder(Name), "data") }, TimeProvider.System);
        await CycleAsync(node, table, 0, 20, cancellationToken); // native libraries, shared caches, first allocations

        var before = Resident();
        var engines = new List<BucketEngine>();
        for (var i = 0; i < Buckets; i++)
            engines.Add(await BucketEngine.OpenAsync(node, table.Bucket(i), table, cancellationToken));
        var open = Resident();
        foreach (var engine in engines)
            await engine.DisposeAsync();
        engines.Clear();
        await CycleAsync(node, table, 0, Buckets, cancellationToken);
        var closed = Resident();
        await CycleAsync(node, table, 0, Buckets, cancellationToken);
        var closedAgain = Resident();

        var each = (open - before) / (double)Buckets / (1 << 20);
        var left = (closedAgain - closed) / (double)Buckets;
        return
        [
            new BenchResult("open empty primary-key bucket", "< 2 MiB", string.Create(CultureInfo.InvariantCulture, $"{each:0.00} MiB"), each < 2, $"resident set, {Buckets} buckets open at once"),
            new BenchResult("closed bucket", "0 bytes", string.Create(CultureInfo.InvariantCulture, $"{left:N0} bytes"), left < 1024, $"growth of the resident set over opening and closing {Buckets} buckets once more; less than 1 KiB a bucket counts as its noise"),
        ];
    }

    private static async Task CycleAsync(StorageNode node, TableInfo table, int first, int count, CancellationToken cancellationToken)
    {
        for (var i = first; i < first + count; i++)
            await using (await BucketEngine.OpenAsync(node, table.Bucket(i), table, cancellationToken))
            {
            }
    }

    private static long Resident()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
