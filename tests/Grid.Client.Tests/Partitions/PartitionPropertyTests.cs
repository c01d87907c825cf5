using Grid.Abstractions;
using Grid.Client.Tests.Fakes;
using Grid.Client.Writing;
using Xunit.Abstractions;

namespace Grid.Client.Tests.Partitions;

/// <summary>Random work of two clients, who each remember partitions that the other one drops and makes, against a model in memory.</summary>
public sealed class PartitionPropertyTests(EmbeddedGrid grid, ITestOutputHelper output) : IClassFixture<EmbeddedGrid>
{
    private const int Steps = 400;
    private const int Days = 6;
    private const int Keys = 10;

    private sealed record Entry([property: Key, PartitionBy] int Day, [property: Key(1)] long Id, long Value);

    private sealed record Event([property: PartitionBy] int Day, long Writer, long Number);

    [Fact]
    public async Task Whatever_is_written_dropped_and_made_again_is_found_by_everybody()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var one = await grid.Client.CreateTableAsync<Entry>("test.random", new TableOptions { Buckets = 2 });
        await using var two = await grid.Client.OpenTableAsync<Entry>("test.random");
        var model = new Dictionary<(int Day, long Id), long>();
        var days = new HashSet<int>();
        for (var step = 0; step < Steps; step++)
        {
            var table = random.Next(2) == 0 ? one : two;
            var (day, id) = (random.Next(Days), (long)random.Next(Keys));
            switch (random.Next(9))
            {
                case 0 or 1:
                    await ToleratingDropAsync(() => table.UpsertAsync(new Entry(day, id, step)));
                    days.Add(day);
                    model[(day, id)] = step;
                    break;
                case 2:
                    var rows = Enumerable.Range(0, 20).Select(_ => new Entry(random.Next(Days), random.Next(Keys), step)).ToArray();
                    await ToleratingDropAsync(() => table.UpsertAsync(rows));
                    foreach (var row in rows)
                        (_, model[(row.Day, row.Id)]) = (days.Add(row.Day), row.Value);
                    break;
                case 3:
                    await ToleratingDropAsync(() => table.DeleteByKeyAsync((day, id)));
                    days.Add(day);
                    model.Remove((day, id));
                    break;
                case 4:
                    await table.Untyped.DropPartitionAsync([day], ifExists: true);
                    days.Remove(day);
                    foreach (var key in model.Keys.Where(key => key.Day == day).ToArray())
                        model.Remove(key);
                    break;
                case 5:
                    await table.Untyped.CreatePartitionAsync([day], ifNotExists: true);
                    days.Add(day);
                    break;
                case 6:
                    Assert.Equal(model.TryGetValue((day, id), out var value) ? new Entry(day, id, value) : null, await table.LookupAsync((day, id)));
                    break;
                case 7:
                    var keys = Enumerable.Range(0, Days).SelectMany(d => Enumerable.Range(0, Keys).Select(i => (d, (long)i))).ToArray();
                    Assert.Equal(keys.Select(key => model.TryGetValue(key, out var known) ? new Entry(key.d, key.Item2, known) : null), await table.LookupManyAsync(keys));
                    break;
                default:
                    Assert.Equal(days.Order(), (await table.Untyped.ListPartitionsAsync()).Select(partition => int.Parse(partition.Values[0], System.Globalization.CultureInfo.InvariantCulture)).Order());
                    Assert.Equal(model.Count(entry => entry.Key.Day >= day), await table.CountAsync($"day >= {day}"));
                    break;
            }
        }
    }

    [Fact]
    public async Task Many_writers_of_many_partitions_lose_and_repeat_nothing_while_pipes_come_and_go()
    {
        const int Writers = 8;
        const int Rows = 300;
        await using var table = await grid.Client.CreateTableAsync<Event>("test.crowd", new TableOptions { Buckets = 1 });
        await using (var writer = table.CreateWriter())
        {
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(id => Task.Run(async () =>
            {
                // Each wanders over more partitions than a writer keeps pipes for; some rows are awaited, others not.
                var random = new Random(id);
                for (var number = 0; number < Rows; number++)
                {
                    var row = new Event(random.Next(3 * PartitionPipes.KeptMax), id, number);
                    if (random.Next(3) == 0)
                        await writer.WriteAsync(row);
                    else
                        await writer.AddAsync(row);
                }
            })));
            await writer.FlushAsync();
        }

        var rows = await PartitionedLogTests.ToListAsync(table.ScanAsync());
        Assert.Equal(Writers * Rows, rows.Count);
        Assert.Equal(Writers * Rows, rows.DistinctBy(row => (row.Writer, row.Number)).Count());
    }

    /// <summary>Rows for a partition that the other client has dropped are refused once; the next ones make it anew.</summary>
    private static async Task ToleratingDropAsync(Func<Task> write)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await write();
                return;
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.PartitionDropped && attempt < Days)
            {
                // Those of other partitions are written by now, and are written again.
            }
        }
    }
}
