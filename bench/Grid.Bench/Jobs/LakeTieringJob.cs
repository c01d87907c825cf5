using System.Diagnostics;
using System.Globalization;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Bench.Harness;
using Grid.Silo.Formats;
using Grid.Storage;
using Grid.Storage.Buckets;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Tiering;
using ParquetSharp;
using ArrowFileWriter = ParquetSharp.Arrow.FileWriter;
using ParquetFileReader = Grid.Silo.Formats.ParquetFileReader;

namespace Grid.Bench.Jobs;

/// <summary>Tiers a bucket of flights into a lake directory: from committed frames to Parquet files with their metrics, against ParquetSharp writing the same Arrow batches, which it is handed in memory.</summary>
internal sealed class LakeTieringJob : BenchJob
{
    private const int FrameRows = 16 * 1024;

    public override string Name => "lake-tiering";

    public override string Description => "tier 3 M flights of one bucket into Parquet files of a directory; processor time a row";

    public override string Against => "ParquetSharp writing the same batches to a file";

    public override async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken)
    {
        var folder = context.Folder(Name);
        await using var node = new StorageNode(new StorageNodeOptions { DataDirectory = Path.Combine(folder, "data") }, TimeProvider.System);
        using var flights = ParquetFileReader.Open(Path.Combine("samples", "flights-3m.parquet"));
        var table = EngineTables.Info(new CreateTable { Path = TablePath.Parse("bench.flights"), Columns = [.. flights.Columns], Options = new TableOptions { Buckets = 1 } });
        await using var engine = await BucketEngine.OpenAsync(node, table.Bucket(0), table, cancellationToken);
        var rows = await AppendAsync(engine, table, flights, context.Scaled(3_000_000), cancellationToken);

        var store = new LakeDirectory(Path.Combine(folder, "lake"));
        var tiering = new BucketTiering(store, new TierOptions(), TimeProvider.System);
        var (batches, blocks) = await DecodeAsync(engine, table, cancellationToken);
        var files = 0;
        var figure = await PairedRounds.MeasureAsync(
            context.Rounds,
            async round =>
            {
                var began = Process.GetCurrentProcess().TotalProcessorTime;
                for (var (next, end) = (LogOffset.Zero, new LogOffset(rows)); next < end;)
                {
                    var tiered = await Task.Run(() => tiering.RunAsync(new TierTask(0, next, table, $"db/round-{round}"), engine.FetchAsync, cancellationToken));
                    (next, files) = (tiered.End, files + tiered.Files.Length);
                }

                return rows / (Process.GetCurrentProcess().TotalProcessorTime - began).TotalSeconds;
            },
            round => Task.FromResult(WriteRaw(Path.Combine(folder, $"raw-{round}.parquet"), table.Schema, batches, rows)));
        foreach (var block in blocks)
            block.Dispose();
        return
        [
            new BenchResult("processor time a row", "<= 2 x", string.Create(CultureInfo.InvariantCulture, $"{1 / figure.Ratio:0.00} x"), figure.Ratio >= 0.5, string.Create(CultureInfo.InvariantCulture,
                $"{figure.RatioSpread} of rows a processor second; {figure.Subject / 1e6:0.00} M against {figure.Baseline / 1e6:0.00} M; {files / (context.Rounds + 1)} files a round, zstd")),
        ];
    }

    private static async Task<long> AppendAsync(BucketEngine engine, TableInfo table, ParquetFileReader flights, int rowsMax, CancellationToken cancellationToken)
    {
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = table.Options.Compression });
        var caster = new BatchCaster([.. table.Schema.Columns]);
        var rows = 0L;
        await foreach (var read in flights.ReadAsync(cancellationToken))
            using (read)
                for (var start = 0; start < read.Length && rows < rowsMax; start += FrameRows)
                {
                    var some = caster.Cast(read.Slice(start, Math.Min(FrameRows, read.Length - start)));
                    using var frame = encoder.Encode(some, table.Schema, null, FrameFlags.None, default, 0);
                    await engine.AppendAsync(new AppendRequest { Frames = frame }, cancellationToken);
                    rows += some.Length;
                }

        return rows;
    }

    /// <summary>The batches that tiering makes, all in memory, and the frames that they live on.</summary>
    private static async Task<(List<RecordBatch> Batches, List<FrameBlock> Blocks)> DecodeAsync(BucketEngine engine, TableInfo table, CancellationToken cancellationToken)
    {
        var (batches, blocks) = (new List<RecordBatch>(), new List<FrameBlock>());
        var reader = new FrameBatches(0, table.Schema, table.GetSchema);
        for (var next = LogOffset.Zero; ;)
        {
            var answer = await engine.FetchAsync(new FetchRequest { Offset = next }, cancellationToken);
            if (answer.Frames is not { } block)
                return (batches, blocks);
            blocks.Add(block);
            batches.AddRange(reader.Read(block.Memory));
            next = answer.NextOffset;
        }
    }

    private static double WriteRaw(string path, TableSchema schema, List<RecordBatch> batches, long rows)
    {
        var began = Process.GetCurrentProcess().TotalProcessorTime;
        var options = new LakeWriterOptions();
        using var properties = new WriterPropertiesBuilder().Compression(Compression.Zstd).CompressionLevel(options.ZstdLevel).Build();
        using (var writer = new ArrowFileWriter(path, ArrowSchemas.ToArrow(LakeColumns.Extend(schema)), properties))
        {
            foreach (var batch in batches)
                writer.WriteBufferedRecordBatch(batch);
            writer.Close();
        }

        File.Delete(path);
        return rows / (Process.GetCurrentProcess().TotalProcessorTime - began).TotalSeconds;
    }
}
