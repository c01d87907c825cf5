using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Buckets;
using Grid.Storage.Tests.Lake.Tables;

namespace Grid.Storage.Tests.Lake.Tiering;

/// <summary>A real bucket of which so many rows are committed, and coordinators that tier it into a lake.</summary>
internal sealed class TieringRun(TestBucket bucket, ImpatientTime time)
{
    /// <summary>The bucket's high watermark.</summary>
    public long Committed { get; set; }

    public TableTiering Coordinator(ILakeStore store)
    {
        var lake = Table(store);
        var writers = new BucketTiering(store, new TierOptions(), time);
        var tiering = new TableTiering(lake, store,
            (table, number, from, token) => writers.RunAsync(new TierTask(number.Number, from, table, LakeFolders.Of(table)), FetchAsync, token), time);
        tiering.Backlog.Doubt(0);
        return tiering;
    }

    /// <summary>A compaction of the lake that rewrites whatever it may.</summary>
    public TableCompaction Compactor(ILakeStore store, CompactionOptions? options = null)
    {
        var tier = new TierOptions();
        var worker = new BucketCompaction(store, new WriterTurns(1, time), tier);
        return new TableCompaction(Table(store), store, worker.RunAsync, options ?? new CompactionOptions { FilesMin = 2, Growth = 2 }, tier.FileBytesTarget);
    }

    /// <summary>Steps until none is due; what goes wrong ends them.</summary>
    public async Task TryCompactAsync(TableCompaction compactor, ILakeStore store)
    {
        try
        {
            for (var steps = 0; compactor.IsDue(await Table(store).ReadAsync(default)); steps++)
            {
                Assert.True(steps < 100, "compaction does not end");
                await compactor.RunAsync(bucket.Table, default);
            }
        }
        catch (Exception failure) when (failure is IOException or GridException or LakeKilledException)
        {
        }
    }

    /// <summary>The ids of the lake's rows in the order of their offsets, read from its files.</summary>
    public async Task<List<long>> ReadIdsAsync(ILakeStore store)
    {
        var lake = Table(store);
        var files = new List<LakeFile>();
        await foreach (var file in lake.ListFilesAsync((await lake.ReadAsync(default))!, 0, default))
            files.Add(file);
        var sorted = LakeBucketFiles.Of(files);
        var ids = new List<long>();
        await foreach (var block in new LakeFrames(store, 0, new LakeFramesOptions()).ReadAsync(sorted, sorted.Start, bucket.Table, new FetchRequest { Offset = sorted.Start }, default))
            using (block.Frames)
                ids.AddRange(LogTable.Frames(block.Frames).SelectMany(frame => LogTable.Ids(frame, bucket.Table.GetSchema(frame.Header.SchemaVersion))));
        return ids;
    }

    /// <summary>A round; what goes wrong is over with it.</summary>
    public async Task TryAsync(TableTiering coordinator)
    {
        coordinator.Backlog.Doubt(0);
        try
        {
            await coordinator.RunAsync(bucket.Table, default);
        }
        catch (Exception failure) when (failure is IOException or GridException or LakeKilledException)
        {
        }
    }

    /// <summary>The lake has each row below its offset once; answers that offset.</summary>
    public async Task<long> CheckAsync(ILakeStore store)
    {
        var lake = Table(store);
        if (await lake.ReadAsync(default) is not { } state)
            return 0;
        var files = new List<LakeFile>();
        await foreach (var file in lake.ListFilesAsync(state, 0, default))
        {
            Assert.Equal(file.Bytes, await store.FindLengthAsync(file.Location[(store.Root.Length + 1)..], default));
            files.Add(file);
        }

        var end = state.Offsets[new LakeBucket(new PartitionId(0), 0)].Value;
        Assert.Equal(end, files.Sum(file => file.Rows));
        var ordered = LakeBucketFiles.Of(files);
        Assert.Equal((0, end), (ordered.Start.Value, ordered.End.Value));
        return end;
    }

    public LakeTable Table(ILakeStore store, LakeTableOptions? options = null) => new(store, LakeFolders.Of(bucket.Table), time, options ?? new LakeTableOptions());

    /// <summary>A frame a fetch, as far as rows are committed.</summary>
    private async Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var end = new LogOffset(Committed);
        if (request.Offset >= end)
            return new FetchAnswer { NextOffset = request.Offset, HighWatermark = end };
        return await bucket.Engine.FetchAsync(request with { BytesMax = 1 }, cancellationToken) with { HighWatermark = end };
    }
}
