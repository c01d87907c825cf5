using System.Diagnostics;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Objects;
using Grid.Storage.Replication;

namespace Grid.Storage.Tests.Replication;

public sealed class BucketRecordStoreTests : IDisposable
{
    private static readonly BucketId Bucket = new(new TableId(7), new PartitionId(0), 3);

    private readonly string _directory = Path.Combine(Path.GetTempPath(), "grid-records-" + Guid.NewGuid().ToString("N"));
    private readonly DirectoryObjectStore _objects;
    private readonly BucketRecordStore _records;

    public BucketRecordStoreTests()
    {
        _objects = new DirectoryObjectStore(_directory);
        _records = new BucketRecordStore(_objects);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_record_is_made_once_read_replaced_and_deleted()
    {
        Assert.Null(await _records.ReadAsync(Bucket, default));
        var made = await _records.TryCreateAsync(Bucket, Record(1, "a"), default);
        Assert.Null(await _records.TryCreateAsync(Bucket, Record(1, "b"), default));
        Assert.Equal(made, await _records.ReadAsync(Bucket, default));

        var next = Record(2, "b") with { InSync = Names("b", "c"), Target = Names("b", "c", "d") };
        var replaced = await _records.TryReplaceAsync(Bucket, made!, next, default);
        Assert.Equal(next, replaced!.Record);
        Assert.Equal(replaced, await _records.ReadAsync(Bucket, default));

        Assert.True(await _records.DeleteAsync(Bucket, default));
        Assert.False(await _records.DeleteAsync(Bucket, default));
        Assert.Null(await _records.ReadAsync(Bucket, default));
        Assert.Null(await _records.TryReplaceAsync(Bucket, replaced, Record(3, "b"), default));
    }

    [Fact]
    public async Task Whoever_read_an_older_record_loses_the_race()
    {
        var made = await _records.TryCreateAsync(Bucket, Record(1, "a"), default);
        var winner = await _records.TryReplaceAsync(Bucket, made!, Record(2, "b"), default);
        Assert.Null(await _records.TryReplaceAsync(Bucket, made!, Record(2, "c"), default));
        Assert.Equal(winner, await _records.ReadAsync(Bucket, default));
    }

    [Fact]
    public async Task Of_many_that_raise_the_epoch_at_once_one_wins()
    {
        var made = await _records.TryCreateAsync(Bucket, Record(1, "a"), default);
        var raised = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _records.TryReplaceAsync(Bucket, made!, Record(2, "abc"[(i % 3)..(i % 3 + 1)]), default)));
        Assert.Single(raised, record => record is not null);
    }

    [Fact]
    public async Task A_leader_gives_up_at_its_epoch_and_the_next_one_raises_it()
    {
        var made = await _records.TryCreateAsync(Bucket, Record(1, "a"), default);
        var left = await _records.TryReplaceAsync(Bucket, made!, Record(1, null), default);
        await Assert.ThrowsAsync<UnreachableException>(() => _records.TryReplaceAsync(Bucket, left!, Record(1, "b"), default));
        Assert.NotNull(await _records.TryReplaceAsync(Bucket, left!, Record(2, "b"), default));
    }

    [Fact]
    public async Task A_change_that_breaks_a_rule_is_a_bug_and_writes_nothing()
    {
        var made = await _records.TryCreateAsync(Bucket, Record(5, "a") with { InSync = Names("a", "b") }, default);
        BucketRecord[] illegal =
        [
            Record(4, "a"),
            Record(5, "b"),
            Record(6, "c"),
            Record(0, "a"),
            Record(6, "d"),
            Record(6, "a") with { Replicas = Names() },
            Record(6, "a") with { InSync = Names() },
            Record(6, "a") with { InSync = Names("a", "x") },
            Record(6, "a") with { Replicas = Names("a", "b", "a") },
            Record(6, "a") with { Target = Names("a", "/") },
        ];
        foreach (var record in illegal)
            await Assert.ThrowsAsync<UnreachableException>(() => _records.TryReplaceAsync(Bucket, made!, record, default));
        Assert.Equal(made, await _records.ReadAsync(Bucket, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"format\":1}")]
    [InlineData("{\"format\":1,\"epoch\":0,\"replicas\":[\"a\"],\"inSync\":[\"a\"]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"replicas\":[],\"inSync\":[]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"replicas\":[\"a\"],\"inSync\":[]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"replicas\":[\"a\",\"a\"],\"inSync\":[\"a\"]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"replicas\":[\"a\",\"-b\"],\"inSync\":[\"a\"]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"replicas\":[\"a\",null],\"inSync\":[\"a\"]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"replicas\":[\"a\"],\"inSync\":[\"b\"]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"leader\":\"b\",\"replicas\":[\"a\"],\"inSync\":[\"a\"]}")]
    [InlineData("{\"format\":1,\"epoch\":1,\"replicas\":[\"a\"],\"inSync\":[\"a\"],\"target\":[\"b\",\"b\"]}")]
    public async Task A_damaged_record_is_reported_by_name(string json)
    {
        await _objects.TryCreateAsync("records/7/0/3.json", Encoding.UTF8.GetBytes(json), default);
        var failure = await Assert.ThrowsAsync<GridException>(() => _records.ReadAsync(Bucket, default));
        Assert.Equal(GridErrorCode.Corrupt, failure.Code);
        Assert.Contains("records/7/0/3.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_with_too_many_replicas_or_bytes_is_damaged()
    {
        var many = string.Join(',', Enumerable.Range(0, 17).Select(i => $"\"n{i}\""));
        await _objects.TryCreateAsync("records/7/0/3.json", Encoding.UTF8.GetBytes($"{{\"format\":1,\"epoch\":1,\"replicas\":[{many}],\"inSync\":[\"n0\"]}}"), default);
        Assert.Equal(GridErrorCode.Corrupt, (await Assert.ThrowsAsync<GridException>(() => _records.ReadAsync(Bucket, default))).Code);
        await _objects.DeleteAsync("records/7/0/3.json", default);
        await _objects.TryCreateAsync("records/7/0/3.json", new byte[RecordJson.BytesMax + 1], default);
        Assert.Equal(GridErrorCode.Corrupt, (await Assert.ThrowsAsync<GridException>(() => _records.ReadAsync(Bucket, default))).Code);
    }

    [Fact]
    public async Task A_record_of_a_later_format_asks_for_a_newer_Grid()
    {
        await _objects.TryCreateAsync("records/7/0/3.json", "{\"format\":2,\"epoch\":1,\"replicas\":[\"a\"],\"inSync\":[\"a\"],\"more\":1}"u8.ToArray(), default);
        var failure = await Assert.ThrowsAsync<GridException>(() => _records.ReadAsync(Bucket, default));
        Assert.Equal(GridErrorCode.StorageFailed, failure.Code);
        Assert.Contains("newer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_bytes_are_those_of_the_documentation()
    {
        var record = Record(7, "a") with { InSync = Names("a", "c"), Target = Names("a", "c", "d") };
        await _records.TryCreateAsync(Bucket, record, default);
        var bytes = (await _objects.ReadAsync("records/7/0/3.json", default))!.Bytes;
        Assert.Equal("{\"format\":1,\"epoch\":7,\"leader\":\"a\",\"replicas\":[\"a\",\"b\",\"c\"],\"inSync\":[\"a\",\"c\"],\"target\":[\"a\",\"c\",\"d\"]}", Encoding.UTF8.GetString(bytes.Span));
    }

    [Fact]
    public async Task Records_are_listed_by_table_and_all_together()
    {
        foreach (var (table, number) in new[] { (7, 0), (7, 1), (70, 0), (8, 2) })
            await _records.TryCreateAsync(new BucketId(new TableId(table), new PartitionId(0), number), Record(1, "a"), default);
        await _objects.TryCreateAsync("records/7/0/note.txt", new byte[1], default);
        await _objects.TryCreateAsync("records/7/0/x.json", new byte[1], default);
        Assert.Equal(["7/0/0", "7/0/1"], await ListAsync(new TableId(7)));
        Assert.Equal(["7/0/0", "7/0/1", "70/0/0", "8/0/2"], await ListAsync(null));
        Assert.Empty(await ListAsync(new TableId(9)));
    }

    private async Task<string[]> ListAsync(TableId? table)
    {
        var buckets = new List<string>();
        await foreach (var bucket in _records.ListAsync(table, default))
            buckets.Add(bucket.ToString());
        return [.. buckets.Order(StringComparer.Ordinal)];
    }

    private static BucketRecord Record(int epoch, string? leader) => new()
    {
        Epoch = new LeaderEpoch(epoch),
        Leader = leader is null ? null : new NodeName(leader),
        Replicas = Names("a", "b", "c"),
        InSync = Names("a", "b", "c"),
    };

    private static System.Collections.Immutable.ImmutableArray<NodeName> Names(params string[] names) => [.. names.Select(name => new NodeName(name))];
}
