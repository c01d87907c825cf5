using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Grains.Tests.Nodes;
using Grid.Grains.Tiering;
using Grid.Storage.Catalog;
using Grid.Storage.Lake.Compaction;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Grains.Tests.Tiering;

public sealed class LakeGrainTests
{
    private static readonly TableOptions Tiered = new() { Buckets = 2, Lake = LakeMode.On, LakeFreshnessMs = 1000 };

    [Fact]
    public async Task A_table_tiers_by_itself_and_each_row_is_in_the_lake_once()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered);
        await table.AppendAsync(0, 0, 100);
        await table.TieredAsync(100, 0);
        await table.AppendAsync(0, 100, 50);
        await table.AppendAsync(1, 1000, 30);
        var status = await table.TieredAsync(150, 30);

        Assert.Equal((180L, 0L, null), (status.Rows, status.Backlog, status.Failure));
        Assert.Equal(Enumerable.Range(0, 150).Select(i => ((long)i, (long)i)), await table.ReadLakeAsync(0));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => (1000L + i, (long)i)), await table.ReadLakeAsync(1));
    }

    [Fact]
    public async Task A_table_that_nobody_uses_tiers_after_a_restart_of_its_tiering()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered with { Lake = LakeMode.Paused });
        await table.AppendAsync(0, 0, 10);
        table.Table = await grid.Client.GetGrain<ITableGrain>(table.Table.Id.Value).SetOptionsAsync(Tiered);
        await grid.CloseIdleAsync(table.Table);

        // Bucket and tiering are closed now: the node itself sees to it.
        await table.TieredAsync(10, 0);
        Assert.Equal(10, (await table.ReadLakeAsync(0)).Count);
        Assert.Empty(await table.ReadLakeAsync(1));
    }

    [Fact]
    public async Task Rows_that_retention_took_from_the_log_are_read_from_the_lake()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered with { SegmentBytesMax = 64 * 1024, RetentionBytes = 1 });
        var random = new Random(1);
        var ids = new List<long>();
        for (var i = 0; i < 12; i++)
        {
            long[] some = [.. Enumerable.Range(0, 4000).Select(_ => random.NextInt64())];
            await GridCluster.AppendOnceAsync(table.Bucket(0), table.Table, some);
            ids.AddRange(some);
        }

        await NodeCluster.EventuallyAsync(async () => (await table.Bucket(0).GetStatusAsync()).StartOffset.Value > 30_000);
        Assert.Equal(0, (await table.Bucket(0).FindOffsetAsync(new OffsetQuery { Place = OffsetPlace.Earliest })).Value);
        Assert.Equal(ids, await GridCluster.ReadAsync(table.Bucket(0), table.Table));
        Assert.Equal(ids[25_000..], await GridCluster.ReadAsync(table.Bucket(0), table.Table, 25_000));
    }

    [Fact]
    public async Task A_paused_table_keeps_its_rows_in_the_log_and_goes_on_where_it_stopped()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var options = Tiered with { SegmentBytesMax = 64 * 1024, RetentionBytes = 1 };
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), options);
        await table.AppendAsync(0, 0, 10);
        await table.TieredAsync(10);
        var grain = grid.Client.GetGrain<ITableGrain>(table.Table.Id.Value);
        await grain.SetOptionsAsync(options with { Lake = LakeMode.Paused });
        var random = new Random(2);
        for (var i = 0; i < 6; i++)
            await GridCluster.AppendOnceAsync(table.Bucket(0), table.Table, [.. Enumerable.Range(0, 4000).Select(_ => random.NextInt64())]);

        await NodeCluster.EventuallyAsync(async () => (await table.Bucket(0).GetStatusAsync()).Segments > 2);
        Assert.Equal(LakeActivity.Off, (await table.Lake.GetStatusAsync()).Activity);
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, table.Lake.TierAsync);
        Assert.Equal(24_010, (await GridCluster.ReadAsync(table.Bucket(0), table.Table)).Count);
        await grain.SetOptionsAsync(options);
        await table.TieredAsync(24_010);
        Assert.Equal(24_010, (await table.ReadLakeAsync(0)).Select(row => row.Offset).Distinct().Count());
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => grain.SetOptionsAsync(options with { Lake = LakeMode.None }));
    }

    [Fact]
    public async Task A_lake_that_begins_later_begins_with_what_the_log_has()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var options = new TableOptions { Buckets = 1, SegmentBytesMax = 64 * 1024, RetentionBytes = 1 };
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), options);
        var random = new Random(3);
        for (var i = 0; i < 6; i++)
            await GridCluster.AppendOnceAsync(table.Bucket(0), table.Table, [.. Enumerable.Range(0, 4000).Select(_ => random.NextInt64())]);
        await NodeCluster.EventuallyAsync(async () => (await table.Bucket(0).GetStatusAsync()).StartOffset.Value > 0);
        await GridCluster.RefusedAsync(GridErrorCode.OffsetOutOfRange, () => GridCluster.ReadAsync(table.Bucket(0), table.Table));
        table.Table = await grid.Client.GetGrain<ITableGrain>(table.Table.Id.Value).SetOptionsAsync(options with { Lake = LakeMode.On, LakeFreshnessMs = 1000 });
        await table.TieredAsync(24_000);

        var lake = await table.ReadLakeAsync(0);
        Assert.InRange(lake[0].Offset, 1, 20_000);
        Assert.Equal(24_000, lake[0].Offset + lake.Count);
    }

    [Fact]
    public async Task The_files_of_a_version_are_listed_with_the_offsets_behind_them()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered);
        var empty = await table.Lake.ListFilesAsync(new LakeFilesRequest());
        Assert.Equal((0, null, 0, null), (empty.Version, empty.Location, empty.Files.Length, empty.Next));
        Assert.Equal([0L, 0], empty.Tiered.Select(offset => offset.Value));

        await table.AppendAsync(0, 0, 100);
        await table.AppendAsync(1, 500, 30);
        await table.TieredAsync(100, 30);
        var first = await table.Lake.ListFilesAsync(new LakeFilesRequest());
        Assert.Equal([100L, 30], first.Tiered.Select(offset => offset.Value));
        Assert.Equal([100L, 30], first.Files.OrderBy(file => file.Bucket).GroupBy(file => file.Bucket, file => file.Rows).Select(rows => rows.Sum()));
        Assert.All(first.Files, file => Assert.StartsWith(first.Location!, file.Location, StringComparison.Ordinal));
        Assert.All(first.Files, file => Assert.NotEmpty(file.Statistics));

        await table.AppendAsync(0, 100, 50);
        await table.TieredAsync(150, 30);
        var again = await table.Lake.ListFilesAsync(new LakeFilesRequest { Version = first.Version });
        Assert.True(first.Tiered.SequenceEqual(again.Tiered));
        Assert.Equal(first.Files.Select(file => file.Location), again.Files.Select(file => file.Location));
        Assert.Equal(180, (await table.Lake.ListFilesAsync(new LakeFilesRequest())).Files.Sum(file => file.Rows));

        var rest = await table.Lake.ListFilesAsync(new LakeFilesRequest { Version = first.Version, Skip = 1 });
        Assert.Equal(first.Files.Skip(1).Select(file => file.Location), rest.Files.Select(file => file.Location));
        Assert.Empty(rest.Tiered);
        await GridCluster.RefusedAsync(GridErrorCode.UnknownLakeVersion, () => table.Lake.ListFilesAsync(new LakeFilesRequest { Version = 1000 }));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => table.Lake.ListFilesAsync(new LakeFilesRequest { Version = -1 }));
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => table.Lake.ListFilesAsync(new LakeFilesRequest { Skip = -1 }));
    }

    [Fact]
    public void Pages_of_files_end_at_their_limit_and_leave_none_out()
    {
        ImmutableArray<LakeDataFile> files =
            [.. Enumerable.Range(0, 1000).Select(i => new LakeDataFile { Location = new string('x', 100), Statistics = [.. new byte[i % 7 == 0 ? 10_000 : 100]] })];
        var ends = new List<int>();
        for (var end = 0; end < files.Length;)
            ends.Add(end = LakeListing.EndOf(files, end));

        Assert.Equal(1000, ends[^1]);
        var sizes = ends.Prepend(0).Zip(ends, (from, to) => files[from..to].Sum(file => file.Location.Length + file.Statistics.Length)).ToArray();
        Assert.All(sizes[..^1], size => Assert.InRange(size, LakeFilesAnswer.BytesMax - 48 * 1000, LakeFilesAnswer.BytesMax + 10_100));
        Assert.Equal(1000, LakeListing.EndOf(files, 5000));
    }

    [Fact]
    public async Task A_dropped_table_leaves_nothing_in_the_lake()
    {
        await using var grid = await GridCluster.StartAsync(TieredTable.Quick);
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered);
        await table.AppendAsync(0, 0, 10);
        await table.TieredAsync(10);
        await grid.Catalog.DropTableAsync(table.Table.Path);

        Assert.Empty(await Node(grid).Store.ListAsync("air/", default).ToListAsync());
        Assert.Empty(await grid.Services.GetRequiredService<CatalogStore>().ListLakesAsync(default));
        await GridCluster.RefusedAsync(GridErrorCode.TableDropped, table.Lake.GetStatusAsync);

        // One of the same name is another table.
        var next = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered);
        await next.AppendAsync(0, 5, 1);
        await next.TieredAsync(1);
        Assert.Equal([(5L, 0L)], await next.ReadLakeAsync(0));
    }

    [Fact]
    public async Task Small_files_become_large_ones_by_themselves_while_rows_come_in_and_are_read()
    {
        const int Rounds = 30, RoundRows = 500;
        await using var grid = await GridCluster.StartAsync(TieredTable.Compacting);
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered with { Buckets = 1, SegmentBytesMax = 64 * 1024, RetentionBytes = 1 });
        var random = new Random(4);
        long[] ids = [.. Enumerable.Range(0, Rounds * RoundRows).Select(_ => random.NextInt64())];
        var reading = ReadAllAsync(table, ids.Length);

        for (var round = 0; round < Rounds; round++)
        {
            await GridCluster.AppendOnceAsync(table.Bucket(0), table.Table, ids[(round * RoundRows)..((round + 1) * RoundRows)]);
            await table.Lake.TierAsync();
            await table.TieredAsync((round + 1) * RoundRows);
        }

        // One file a round came in.
        await NodeCluster.EventuallyAsync(async () => await table.Lake.GetStatusAsync() is { Files: < Rounds / 3, IsCompacting: false });
        Assert.Equal(ids, await reading);
        Assert.Equal(ids.Select((id, offset) => (id, (long)offset)), await table.ReadLakeAsync(0));
        var status = await table.Lake.GetStatusAsync();
        Assert.Equal((ids.Length, null, null), ((int)status.Rows, status.Failure, status.CompactionFailure));
        Assert.NotNull(status.CompactedMs);

        // All that is small, where it is asked for.
        await table.Lake.CompactAsync();
        await NodeCluster.EventuallyAsync(async () => await table.Lake.GetStatusAsync() is { Files: 1, SmallFiles: 1, IsCompacting: false });
        await NodeCluster.EventuallyAsync(async () => (await table.Bucket(0).GetStatusAsync()).StartOffset.Value > 0);
        Assert.Equal(ids, await GridCluster.ReadAsync(table.Bucket(0), table.Table));
    }

    [Fact]
    public async Task Small_files_stay_where_compaction_is_switched_off()
    {
        await using var grid = await GridCluster.StartAsync(options => TieredTable.Compacting(options) with
        {
            Lake = TieredTable.Compacting(options).Lake with { Compaction = new CompactionOptions { IsOn = false, FilesMin = 2 } },
        });
        var table = await TieredTable.CreateAsync(grid.Client, Node(grid), Tiered with { Buckets = 1 });
        for (var round = 1; round <= 4; round++)
        {
            await table.AppendAsync(0, round * 10, 10);
            await table.Lake.TierAsync();
            await table.TieredAsync(round * 10);
        }

        Assert.Equal((4L, null, null, false), (await table.Lake.GetStatusAsync()) is var status ? (status.Files, status.SmallFiles, status.CompactedMs, status.IsCompacting) : default);
    }

    /// <summary>A reader that follows a bucket from its first row on.</summary>
    private static async Task<List<long>> ReadAllAsync(TieredTable table, int count)
    {
        var ids = new List<long>();
        for (var next = LogOffset.Zero; ids.Count < count;)
        {
            var answer = await table.Bucket(0).FetchAsync(new FetchRequest { Offset = next, SchemaVersion = table.Table.Schema.Version, WaitMsMax = 500 }, default);
            if (answer.Frames is not null)
                ids.AddRange(GridCluster.Rows(answer, table.Table));
            next = answer.NextOffset;
        }

        return ids;
    }

    private static LakeNode Node(GridCluster grid) => grid.Services.GetRequiredService<LakeNode>();
}
