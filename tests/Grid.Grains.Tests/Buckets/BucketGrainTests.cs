using Grid.Abstractions;

namespace Grid.Grains.Tests.Buckets;

public sealed class BucketGrainTests : IAsyncLifetime
{
    private const int LongWaitMs = GridLimits.FetchWaitMsMax;
    private GridCluster _grid = null!;

    public async Task InitializeAsync() => _grid = await GridCluster.StartAsync(options => options with { OpenBucketsMax = 2 });

    public async Task DisposeAsync() => await _grid.DisposeAsync();

    [Fact]
    public async Task Appended_rows_are_fetched_in_order_with_their_offsets()
    {
        var table = await _grid.CreateTableAsync();
        var bucket = _grid.Bucket(table);
        var first = await GridCluster.AppendAsync(bucket, table, 1, 2, 3);
        var second = await GridCluster.AppendAsync(bucket, table, 4, 5);
        Assert.Equal((0L, 3L, 3L, 5L), (first.BaseOffset.Value, first.EndOffset.Value, second.BaseOffset.Value, second.EndOffset.Value));
        Assert.Equal([1L, 2, 3, 4, 5], await GridCluster.ReadAsync(bucket, table));
        Assert.Equal(5, (await bucket.GetStatusAsync()).HighWatermark.Value);
        Assert.Equal(5, (await bucket.FindOffsetAsync(new OffsetQuery { Place = OffsetPlace.Latest })).Value);
        Assert.Equal(0, _grid.Host.BytesInFlight);
    }

    [Fact]
    public async Task A_fetch_that_waits_gets_the_next_append_and_holds_no_write_up()
    {
        var table = await _grid.CreateTableAsync();
        var bucket = _grid.Bucket(table);
        var waits = Enumerable.Range(0, 4).Select(_ => FetchAsync(bucket, table, default)).ToArray();
        await GridCluster.AppendAsync(bucket, table, 7);
        foreach (var wait in waits)
            Assert.Equal([7L], GridCluster.Rows(await wait, table));
    }

    [Fact]
    public async Task A_cancelled_fetch_ends_at_its_caller_and_in_the_bucket()
    {
        var table = await _grid.CreateTableAsync();
        var bucket = _grid.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 1);
        using var cancel = new CancellationTokenSource();
        var wait = FetchAsync(bucket, table, cancel.Token, from: 1);
        await bucket.GetStatusAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);

        // A bucket with a call at work is never closed: that it closes shows that the fetch is over there too.
        await _grid.CloseIdleAsync(table);
        Assert.Equal([1L], await GridCluster.ReadAsync(bucket, table));
    }

    [Fact]
    public async Task An_idle_bucket_closes_its_files_and_opens_again_with_its_rows()
    {
        var table = await _grid.CreateTableAsync(primaryKey: false);
        var bucket = _grid.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 1, 2);
        Assert.Equal(1, _grid.Host.OpenBuckets);
        await _grid.CloseIdleAsync(table);
        Assert.Equal(0, _grid.Host.OpenBuckets);
        Assert.Empty(OpenFilesUnder(FolderOf(table)));
        Assert.Equal([1L, 2], await GridCluster.ReadAsync(bucket, table));
        Assert.Equal(2, (await GridCluster.AppendAsync(bucket, table, 3)).BaseOffset.Value);
    }

    [Fact]
    public async Task Writers_of_a_dropped_table_learn_it_and_its_files_go()
    {
        var table = await _grid.CreateTableAsync();
        var bucket = _grid.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 0);
        var waiting = FetchAsync(bucket, table, default, from: 1);
        var writing = new TaskCompletionSource();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                try
                {
                    await GridCluster.AppendAsync(bucket, table, i);
                }
                catch (GridException refusal)
                {
                    return refusal.Code;
                }

                if (i == 5)
                    writing.TrySetResult();
            }
        })).ToArray();
        await writing.Task;
        await _grid.Catalog.DropTableAsync(table.Path);

        Assert.All(await Task.WhenAll(writers), code => Assert.Equal(GridErrorCode.TableDropped, code));
        while (true)
        {
            // Appends answered the waiting fetch before the drop, or the drop did.
            try
            {
                using var frames = (await waiting).Frames;
                waiting = FetchAsync(bucket, table, default, (await waiting).NextOffset.Value);
            }
            catch (GridException refusal)
            {
                Assert.Equal(GridErrorCode.TableDropped, refusal.Code);
                break;
            }
        }

        Assert.False(Directory.Exists(FolderOf(table)));
        Assert.Empty(OpenFilesUnder(FolderOf(table)));
        await GridCluster.RefusedAsync(GridErrorCode.TableDropped, () => bucket.GetStatusAsync());

        var again = await _grid.CreateTableAsync();
        Assert.True(again.Id > table.Id);
        Assert.Empty(await GridCluster.ReadAsync(_grid.Bucket(again), again));
    }

    [Fact]
    public async Task A_bucket_learns_a_new_schema_version_from_the_first_call_that_speaks_it()
    {
        var table = await _grid.CreateTableAsync();
        var bucket = _grid.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 1);
        var altered = await _grid.Client.GetGrain<ITableGrain>(table.Id.Value).AlterAsync([new AddColumn(new Column("more", DataType.Int64))], null);
        await GridCluster.AppendAsync(bucket, altered, 2);
        Assert.Equal([1L, 2], await GridCluster.ReadAsync(bucket, altered));

        var stale = await GridCluster.RefusedAsync(GridErrorCode.SchemaStale, () => GridCluster.AppendAsync(bucket, table, 3));
        Assert.Equal(2, stale.Detail);
        var unknown = new FetchRequest { Offset = default, SchemaVersion = new SchemaVersion(9), Project = true, Columns = [new ColumnId(1)] };
        await GridCluster.RefusedAsync(GridErrorCode.SchemaMismatch, () => bucket.FetchAsync(unknown, default));
    }

    [Fact]
    public async Task A_table_altered_while_frames_of_it_fly_takes_each_frame_once()
    {
        var table = await _grid.CreateTableAsync();
        var bucket = _grid.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 0);
        var altered = await _grid.Client.GetGrain<ITableGrain>(table.Id.Value).AlterAsync([new AddColumn(new Column("more", DataType.Int64))], null);
        await Task.WhenAll(Enumerable.Range(1, 8).Select(i => GridCluster.AppendAsync(bucket, altered, i)));
        Assert.Equal(Enumerable.Range(0, 9).Select(i => (long)i), (await GridCluster.ReadAsync(bucket, altered)).Order());
    }

    [Fact]
    public async Task When_the_budget_of_bytes_is_used_up_calls_are_refused_and_later_answered()
    {
        var table = await _grid.CreateTableAsync();
        var bucket = _grid.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 1);
        using (_grid.Host.Bytes.Take(new GridNodeOptions { Storage = null! }.BytesInFlightMax - 10))
        {
            var refusal = await GridCluster.RefusedAsync(GridErrorCode.Busy, () => GridCluster.AppendAsync(bucket, table, 2));
            Assert.True(refusal.IsTransient);
            await GridCluster.RefusedAsync(GridErrorCode.Busy, () => GridCluster.ReadAsync(bucket, table));
        }

        await GridCluster.AppendAsync(bucket, table, 3);
        Assert.Equal([1L, 3], await GridCluster.ReadAsync(bucket, table));
        Assert.Equal(0, _grid.Host.BytesInFlight);
    }

    [Fact]
    public async Task When_too_many_buckets_are_open_the_one_that_was_idle_longest_is_closed()
    {
        var table = await _grid.CreateTableAsync(buckets: 4);
        for (var round = 0; round < 2; round++)
            for (var number = 0; number < 4; number++)
            {
                await GridCluster.AppendAsync(_grid.Bucket(table, number), table, number);
                Assert.InRange(_grid.Host.OpenBuckets, 1, 3); // one may still be leaving the table of places
            }

        for (var number = 0; number < 4; number++)
            Assert.Equal([number, (long)number], await GridCluster.ReadAsync(_grid.Bucket(table, number), table));
    }

    [Fact]
    public async Task When_every_open_bucket_is_at_work_another_one_is_refused()
    {
        var table = await _grid.CreateTableAsync(buckets: 3);
        var waits = new List<Task<FetchAnswer>>();
        for (var number = 0; number < 2; number++)
        {
            waits.Add(FetchAsync(_grid.Bucket(table, number), table, default));
            await GridCluster.AppendAsync(_grid.Bucket(table, number), table, 1);
            using var frames = (await waits[number]).Frames;
            waits[number] = FetchAsync(_grid.Bucket(table, number), table, default, from: 1);
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await RefusesAsync(_grid.Bucket(table, 2), table))
            patience.Token.ThrowIfCancellationRequested();
        for (var number = 0; number < 2; number++)
        {
            await GridCluster.AppendAsync(_grid.Bucket(table, number), table, 2);
            using var frames = (await waits[number].WaitAsync(patience.Token)).Frames;
        }
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1/2")]
    [InlineData("0/0/0")]
    public async Task A_grain_key_that_is_no_bucket_is_refused(string key) =>
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => _grid.Client.GetGrain<IBucketGrain>(key).GetStatusAsync());

    [Fact]
    public async Task A_bucket_that_its_table_has_not_is_refused()
    {
        var table = await _grid.CreateTableAsync(buckets: 2);
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => _grid.Bucket(table, 2).GetStatusAsync());
        await GridCluster.RefusedAsync(GridErrorCode.InvalidArgument, () => _grid.Client.GetGrain<IBucketGrain>($"{table.Id}/1/0").GetStatusAsync());
        Assert.Equal(0, _grid.Host.OpenBuckets);
    }

    [Fact]
    public async Task A_stopping_node_ends_fetches_that_wait_and_keeps_every_row()
    {
        var other = await GridCluster.StartAsync();
        var table = await other.CreateTableAsync();
        var bucket = other.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 1, 2);
        var wait = FetchAsync(bucket, table, default, from: 2);
        await bucket.GetStatusAsync();
        await other.StopAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => wait);
        Assert.Empty(OpenFilesUnder(other.Directory));
        Directory.Delete(other.Directory, recursive: true);
    }

    private static Task<FetchAnswer> FetchAsync(IBucketGrain bucket, TableInfo table, CancellationToken cancellationToken, long from = 0) =>
        bucket.FetchAsync(new FetchRequest { Offset = new LogOffset(from), WaitMsMax = LongWaitMs, SchemaVersion = table.Schema.Version }, cancellationToken);

    private static async Task<bool> RefusesAsync(IBucketGrain bucket, TableInfo table)
    {
        try
        {
            await GridCluster.AppendAsync(bucket, table, 1);
            return false;
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.Busy)
        {
            return true;
        }
    }

    private static List<string> OpenFilesUnder(string folder)
    {
        var open = new List<string>();
        if (!OperatingSystem.IsLinux())
            return open;
        foreach (var descriptor in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            try
            {
                if (File.ResolveLinkTarget(descriptor, returnFinalTarget: false) is { } target && target.FullName.StartsWith(folder, StringComparison.Ordinal))
                    open.Add(target.FullName);
            }
            catch (FileNotFoundException)
            {
                // Closed by another test since it was listed.
            }
        }

        return open;
    }

    private string FolderOf(TableInfo table) => Path.Combine(_grid.Directory, "buckets", $"{table.Id}", "0", "0");
}
