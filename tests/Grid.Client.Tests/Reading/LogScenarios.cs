using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;

namespace Grid.Client.Tests.Reading;

public sealed class LogScenarios(EmbeddedGrid grid) : IClassFixture<EmbeddedGrid>
{
    private sealed record Row(long A, string? Text);

    private async Task<GridTable<Row>> CreateAsync(string name, int buckets = 1) =>
        await grid.Client.CreateTableAsync<Row>($"test.{name}", new TableOptions { Buckets = buckets });

    private static Row[] Rows(params int[] numbers) => [.. numbers.Select(n => new Row(n, $"row {n}"))];

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
            list.Add(item);
        return list;
    }

    [Fact]
    public async Task Rows_are_read_in_order_with_their_offsets_and_the_timestamp_of_their_frame()
    {
        await using var table = await CreateAsync("order");
        await table.AppendAsync(Rows(1, 2, 3));
        await table.AppendAsync(Rows(4, 5));
        var changes = await ToListAsync(table.ChangesAsync(new ChangeOptions { StopAtEnd = true }));
        Assert.Equal(Rows(1, 2, 3, 4, 5), changes.Select(c => c.Row));
        Assert.Equal([0, 1, 2, 3, 4], changes.Select(c => c.Offset.Value));
        Assert.All(changes, c => Assert.Equal(ChangeKind.Insert, c.Kind));
        Assert.Equal(changes[0].Timestamp, changes[2].Timestamp);
        Assert.True(changes[3].Timestamp >= changes[2].Timestamp);
        Assert.Equal(Rows(1, 2, 3, 4, 5), await ToListAsync(table.ScanAsync()));
        Assert.Equal(5, await table.CountAsync());
    }

    [Fact]
    public async Task Two_thousand_concurrent_appends_are_all_stored_each_at_its_own_offset()
    {
        await using var table = await CreateAsync("concurrent");
        var landed = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => table.AppendAsync(new Row(i, null))));
        Assert.Equal(2000, landed.Select(l => l.Offset).Distinct().Count());
        var stored = await ToListAsync(table.ChangesAsync(new ChangeOptions { StopAtEnd = true }));
        foreach (var change in stored)
            Assert.Equal(change.Offset, landed[change.Row.A].Offset);
        Assert.Equal(2000, stored.Count);
    }

    [Fact]
    public async Task A_filter_skips_frames_and_rows_and_the_position_passes_them()
    {
        await using var table = await CreateAsync("filter");
        await table.AppendAsync(Rows(1, 2, 3, 4, 5));
        await table.AppendAsync(Rows(6, 7, 8, 9, 10));
        await table.AppendAsync(Rows(1, 6, 3, 8, 2));
        var changes = await ToListAsync(table.ChangesAsync(new ChangeOptions { StopAtEnd = true, Where = "a > 5" }));
        Assert.Equal([6, 7, 8, 9, 10, 6, 8], changes.Select(c => c.Row.A));
        Assert.Equal([5, 6, 7, 8, 9, 11, 13], changes.Select(c => c.Offset.Value));
        Assert.Equal(7, await table.CountAsync("a > 5"));
        Assert.Empty(await ToListAsync(table.ScanAsync(new ScanOptions { Where = "a > 100" })));
    }

    [Fact]
    public async Task Columns_are_any_subset_in_any_order_and_also_none()
    {
        await using var table = await CreateAsync("columns");
        await table.AppendAsync(Rows(1, 2, 3));
        var batch = Assert.Single(await ToListAsync(table.Untyped.ScanAsync(new ScanOptions { Columns = ["text", "a"] })));
        Assert.Equal(["text", "a"], batch.Rows.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal("row 2", ((StringArray)batch.Rows.Column(0)).GetString(1));
        var filtered = Assert.Single(await ToListAsync(table.Untyped.ScanAsync(new ScanOptions { Columns = ["text"], Where = "a >= 2" })));
        Assert.Equal(1, filtered.Rows.ColumnCount);
        Assert.Equal(2, filtered.RowCount);
        var counted = Assert.Single(await ToListAsync(table.Untyped.ScanAsync(new ScanOptions { Columns = [] })));
        Assert.Equal((0, 3), (counted.Rows.ColumnCount, counted.RowCount));
        var refused = Assert.Throws<GridException>(() => table.Untyped.ScanAsync(new ScanOptions { Columns = ["nothing"] }));
        Assert.Equal(GridErrorCode.UnknownColumn, refused.Code);
    }

    [Fact]
    public async Task A_scan_starts_where_it_is_told()
    {
        await using var table = await CreateAsync("starts");
        await table.AppendAsync(Rows(1, 2, 3));
        await table.AppendAsync(Rows(4, 5, 6));
        Task<List<Row>> From(ScanStart start, OffsetReset reset = OffsetReset.Refuse) => ToListAsync(table.ScanAsync(new ScanOptions { Start = start, Reset = reset }));
        Assert.Equal(Rows(3, 4, 5, 6), await From(ScanStart.AtOffset(new LogOffset(2))));
        Assert.Empty(await From(ScanStart.Latest));
        Assert.Equal(6, (await From(ScanStart.AtTimestamp(DateTimeOffset.UnixEpoch))).Count);
        Assert.Equal(GridErrorCode.TimestampOutOfRange, (await Assert.ThrowsAsync<GridException>(() => From(ScanStart.AtTimestamp(DateTimeOffset.UtcNow.AddHours(1))))).Code);
        Assert.Equal(GridErrorCode.OffsetOutOfRange, (await Assert.ThrowsAsync<GridException>(() => From(ScanStart.AtOffset(new LogOffset(99))))).Code);
        Assert.Equal(6, (await From(ScanStart.AtOffset(new LogOffset(99)), OffsetReset.Earliest)).Count);
        Assert.Empty(await From(ScanStart.AtOffset(new LogOffset(99)), OffsetReset.Latest));
    }

    [Fact]
    public async Task A_tail_goes_on_with_rows_that_come_later()
    {
        await using var table = await CreateAsync("tail", buckets: 3);
        using var stop = new CancellationTokenSource();
        await table.AppendAsync(Rows(1));
        await using var tail = table.ScanAsync(new ScanOptions { Tail = true }, stop.Token).GetAsyncEnumerator();
        Assert.True(await tail.MoveNextAsync());
        Assert.Equal(1, tail.Current.A);
        for (var i = 2; i < 8; i++)
        {
            await table.AppendAsync(new Row(i, null));
            Assert.True(await tail.MoveNextAsync());
            Assert.Equal(i, tail.Current.A);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await tail.MoveNextAsync());
    }

    [Fact]
    public async Task The_last_rows_of_a_log_are_a_limit_scan()
    {
        await using var table = await CreateAsync("last");
        for (var i = 0; i < 5; i++)
            await table.AppendAsync(Rows((2 * i) + 1, (2 * i) + 2));
        Assert.Equal(Rows(8, 9, 10), await table.LimitScanAsync(3));
        Assert.Equal(10, (await table.LimitScanAsync(50)).Length);
    }

    [Fact]
    public async Task A_hundred_thousand_rows_over_four_buckets_come_back_once()
    {
        await using var table = await CreateAsync("many", buckets: 4);
        await using (var writer = table.CreateWriter())
            await writer.AddAsync(Enumerable.Range(0, 100_000).Select(i => new Row(i, $"some text that compresses {i}")));
        var seen = new bool[100_000];
        await foreach (var row in table.ScanAsync())
        {
            Assert.False(seen[row.A]);
            seen[row.A] = true;
            Assert.Equal($"some text that compresses {row.A}", row.Text);
        }

        Assert.DoesNotContain(false, seen);
        Assert.Equal(100_000, await table.CountAsync());
        Assert.All(await table.Untyped.GetStatusAsync(), status => Assert.True(status.HighWatermark.Value > 0));
    }

    [Fact]
    public async Task A_row_over_sixteen_mebibytes_is_refused_and_large_ones_below_travel_alone()
    {
        await using var table = await grid.Client.CreateTableAsync<Row>("test.large", new TableOptions { Buckets = 1, Compression = FrameCompression.None });
        var large = new Row(1, new string('x', 1_000_000));
        await table.AppendAsync([large, large with { A = 2 }]);
        var refused = await Assert.ThrowsAsync<GridException>(() => table.AppendAsync(new Row(3, new string('x', 17 * 1024 * 1024))));
        Assert.Equal(GridErrorCode.TooLarge, refused.Code);
        Assert.Equal([1, 2], (await ToListAsync(table.ScanAsync())).Select(r => r.A));
    }

    [Fact]
    public async Task Writers_of_a_dropped_table_are_told_so()
    {
        await using var table = await CreateAsync("dropped");
        await table.AppendAsync(Rows(1));
        await grid.Client.DropTableAsync("test.dropped");
        Assert.Equal(GridErrorCode.TableDropped, (await Assert.ThrowsAsync<GridException>(() => table.AppendAsync(Rows(2)))).Code);
        await using var again = await CreateAsync("dropped");
        Assert.NotEqual(table.Info.Id, again.Info.Id);
        Assert.Empty(await ToListAsync(again.ScanAsync()));
    }
}
