using Grid.Abstractions;

namespace Grid.Grains.Tests.Buckets;

public sealed class PrimaryKeyBucketTests : IAsyncLifetime
{
    private GridCluster _grid = null!;

    public async Task InitializeAsync() => _grid = await GridCluster.StartAsync();

    public async Task DisposeAsync() => await _grid.DisposeAsync();

    [Fact]
    public async Task Written_rows_are_scanned_after_the_bucket_closed_and_opened_again()
    {
        var table = await _grid.CreateTableAsync("keyed", primaryKey: true);
        var bucket = _grid.Bucket(table);
        await WriteAsync(bucket, table, WriteMode.Upsert, 3, 1, 2);
        await _grid.CloseIdleAsync(table);
        var page = await bucket.OpenScanAsync(new ScanRequest { SchemaVersion = table.Schema.Version }, default);
        Assert.Equal([1L, 2, 3], GridCluster.Rows(new FetchAnswer { Frames = page.Rows }, table));
        Assert.Equal(0, page.ScanId);
        await GridCluster.RefusedAsync(GridErrorCode.UnknownScan, () => bucket.NextScanAsync(99, 1, default));
        await bucket.CloseScanAsync(99);
        Assert.Equal(0, _grid.Host.BytesInFlight);
    }

    [Fact]
    public async Task Of_many_callers_of_a_new_key_one_inserts_and_each_gets_the_row()
    {
        var table = await _grid.CreateTableAsync("raced", primaryKey: true);
        var bucket = _grid.Bucket(table);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => WriteAsync(bucket, table, WriteMode.InsertIfAbsent, 5)));
        Assert.Single(answers, answer => answer.Inserted[0]);
        foreach (var answer in answers)
        {
            Assert.NotNull(answer.Rows);
            answer.Rows.Dispose();
        }
    }

    [Fact]
    public async Task What_needs_the_other_kind_of_table_is_refused()
    {
        var keyed = await _grid.CreateTableAsync("keyed", primaryKey: true);
        var log = await _grid.CreateTableAsync("log");
        await GridCluster.RefusedAsync(GridErrorCode.WrongTableKind, () => GridCluster.AppendAsync(_grid.Bucket(keyed), keyed, 1));
        await GridCluster.RefusedAsync(GridErrorCode.WrongTableKind, () => WriteAsync(_grid.Bucket(log), log, WriteMode.Upsert, 1));
        await GridCluster.RefusedAsync(GridErrorCode.WrongTableKind, () => _grid.Bucket(log).OpenScanAsync(new ScanRequest { SchemaVersion = log.Schema.Version }, default));
    }

    private static async Task<WriteAnswer> WriteAsync(IBucketGrain bucket, TableInfo table, WriteMode mode, params long[] ids)
    {
        using var frame = GridCluster.Frame(table, ids);
        return await bucket.WriteAsync(new WriteRequest { Frame = frame, Mode = mode }, default);
    }
}
