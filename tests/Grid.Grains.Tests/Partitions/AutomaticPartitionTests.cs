using System.Globalization;
using Grid.Abstractions;
using Grid.Grains.Partitions;
using Grid.Grains.Tests.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Grains.Tests.Partitions;

/// <summary>With a clock that is put forth: what is due is seen at the next look.</summary>
public sealed class AutomaticPartitionTests : IAsyncLifetime
{
    private readonly ShiftedTime _time = new();
    private NodeCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await NodeCluster.StartAsync((_, options) => options with { PartitionCheckMs = 100 }, services => services.AddSingleton<TimeProvider>(_time));

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Partitions_are_there_with_the_table_then_made_ahead_and_dropped_as_days_go_by()
    {
        // Orleans uses the clock too, and takes it amiss if it goes back.
        var noon = new DateTimeOffset(DateTime.UtcNow.Date.AddDays(1).AddHours(12), TimeSpan.Zero);
        string Day(int days) => noon.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        _time.SetNow(noon);
        await _cluster.Client.GetGrain<ICatalogGrain>(0).CreateDatabaseAsync("air", ifNotExists: true);
        var table = await PartitionsGrainTests.CreateDaysAsync(_cluster.Client, new PartitionOptions { Unit = PartitionUnit.Day, Ahead = 1, Kept = 1 });
        Assert.Equal([Day(0), Day(1)], await ListAsync(table));

        _time.SetNow(noon.AddDays(1));
        await NodeCluster.EventuallyAsync(async () => (await ListAsync(table)).SequenceEqual([Day(0), Day(1), Day(2)]));
        _time.SetNow(noon.AddDays(2));
        await NodeCluster.EventuallyAsync(async () => (await ListAsync(table)).SequenceEqual([Day(1), Day(2), Day(3)]));

        // What is over is not made again by rows that come late; what lies in the future may be.
        var grain = _cluster.Client.GetGrain<IPartitionsGrain>(table.Id.Value);
        await GridCluster.RefusedAsync(GridErrorCode.PartitionDropped, () => grain.CreateAsync([Day(0)], PartitionCreation.ByWriting));
        await grain.CreateAsync([Day(30)], PartitionCreation.ByWriting);

        // Keeping more lets the next day pass without a drop.
        await _cluster.Client.GetGrain<ITableGrain>(table.Id.Value).SetOptionsAsync(table.Options with { Partitions = table.Options.Partitions with { Kept = 9 } });
        _time.SetNow(noon.AddDays(3));
        await NodeCluster.EventuallyAsync(async () => (await ListAsync(table)).Contains(Day(4)));
        Assert.Contains(Day(1), await ListAsync(table));

        // Whoever looked after partitions dies: the next one by name does.
        await _cluster.Silos.KillSiloAsync(_cluster.Silo(_cluster.Names[0].Value));
        _time.SetNow(noon.AddDays(4));
        await NodeCluster.EventuallyAsync(async () => (await NodeCluster.AnswerAsync(() => ListAsync(table))).Contains(Day(5)));
    }

    private async Task<IEnumerable<string>> ListAsync(TableInfo table) =>
        (await _cluster.Client.GetGrain<IPartitionsGrain>(table.Id.Value).ListAsync()).Select(partition => partition.Values[0]).Order(StringComparer.Ordinal);

    /// <summary>The system's clock, but for the time of day.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        private TimeSpan _shift;

        public void SetNow(DateTimeOffset now) => _shift = now - base.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _shift;
    }
}
