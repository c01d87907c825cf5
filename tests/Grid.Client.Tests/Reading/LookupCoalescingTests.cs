using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Client.Tests.Fakes;

namespace Grid.Client.Tests.Reading;

public sealed class LookupCoalescingTests
{
    private sealed record Row([property: Key] long Id, string Name);

    [Fact]
    public async Task Lookups_that_come_while_calls_are_in_flight_travel_together()
    {
        var grid = new FakeGrid(TableDefinition.Of<Row>("test.rows", new TableOptions { Buckets = 1 }));
        await using var client = grid.Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        var sizes = new List<int>();
        var held = new TaskCompletionSource();
        grid.Bucket(0).Lookups = async request =>
        {
            var keys = new KeyBlock(request.Keys.Memory).Count;
            lock (sizes)
                sizes.Add(keys);
            await held.Task;
            return new LookupAnswer { Answered = keys, Found = [.. new byte[(keys + 7) / 8]] };
        };

        var lookups = Enumerable.Range(0, 100).Select(i => table.LookupAsync((long)i)).ToArray();
        Assert.Equal([1, 1], sizes); // nobody waited for company while the bucket was idle
        held.SetResult();
        Assert.All(await Task.WhenAll(lookups), Assert.Null);
        Assert.Equal(100, sizes.Sum());
        Assert.InRange(sizes.Count, 3, 4);
    }

    [Fact]
    public async Task An_answer_for_a_part_of_the_keys_is_followed_by_a_call_for_the_rest()
    {
        var grid = new FakeGrid(TableDefinition.Of<Row>("test.rows", new TableOptions { Buckets = 2 }));
        await using var client = grid.Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        foreach (var number in new[] { 0, 1 })
            grid.Bucket(number).Lookups = request => Task.FromResult(Answer(grid, request, max: 7));

        var rows = await table.LookupManyAsync(Enumerable.Range(0, 50).Select(i => (long)i).ToArray());
        Assert.Equal(Enumerable.Range(0, 50).Select(i => i % 3 == 0 ? new Row(i, $"row {i}") : null), rows);
        Assert.Equal(new Row(6, "row 6"), await table.LookupAsync(6L));
        Assert.Null(await table.LookupAsync(7L));
    }

    [Fact]
    public async Task A_failed_lookup_fails_its_callers_and_nobody_else()
    {
        var grid = new FakeGrid(TableDefinition.Of<Row>("test.rows", new TableOptions { Buckets = 1 }));
        await using var client = grid.Connect();
        var table = await client.OpenTableAsync<Row>("test.rows");
        grid.Bucket(0).Lookups = static _ => throw new GridException(GridErrorCode.TableDropped, "gone");
        Assert.Equal(GridErrorCode.TableDropped, (await Assert.ThrowsAsync<GridException>(() => table.LookupAsync(1L))).Code);
        grid.Bucket(0).Lookups = request => Task.FromResult(Answer(grid, request, max: 100));
        Assert.Equal(new Row(3, "row 3"), await table.LookupAsync(3L));
    }

    /// <summary>Has rows for the ids that 3 divides.</summary>
    private static LookupAnswer Answer(FakeGrid grid, LookupRequest request, int max)
    {
        var keys = new KeyBlock(request.Keys.Memory);
        var schema = grid.Info.Schema;
        var decoder = new KeyEncoder(schema, schema.PrimaryKey);
        var answered = Math.Min(keys.Count, max);
        var found = new byte[(answered + 7) / 8];
        var ids = new List<long>();
        for (var i = 0; i < answered; i++)
        {
            var id = (long)decoder.Decode(keys[i])[0];
            if (id % 3 != 0)
                continue;
            found[i >> 3] |= (byte)(1 << (i & 7));
            ids.Add(id);
        }

        return new LookupAnswer { Answered = answered, Found = ImmutableArray.Create(found), Rows = ids.Count == 0 ? null : Encode(schema, ids) };
    }

    private static FrameBlock Encode(TableSchema schema, List<long> ids)
    {
        var mapper = new Grid.Client.Rows.RowMapper<Row>(schema);
        var builder = new Grid.Client.Columns.BatchBuffer(ArrowSchemas.ToArrow(schema));
        mapper.Write(builder, [.. ids.Select(id => new Row(id, $"row {id}"))], 0, ids.Count);
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Compression = FrameCompression.None });
        return encoder.Encode(builder.Build(), schema, null, FrameFlags.None, default, 0);
    }
}
