using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Grid.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Grains.Tests;

public sealed class GridGrainMetricsTests
{
    [Fact]
    public async Task Calls_bytes_refusals_and_open_buckets_are_counted()
    {
        var grid = await GridCluster.StartAsync();
        var factory = grid.Services.GetRequiredService<IMeterFactory>();
        var seen = new ConcurrentBag<(string Instrument, double Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == GridGrainMetrics.MeterName && instrument.Meter.Scope == factory)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Text(tags))));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Text(tags))));
        listener.Start();

        var table = await grid.CreateTableAsync();
        var bucket = grid.Bucket(table);
        await GridCluster.AppendAsync(bucket, table, 1, 2, 3);
        Assert.Equal([1L, 2, 3], await GridCluster.ReadAsync(bucket, table));
        await GridCluster.RefusedAsync(GridErrorCode.OffsetOutOfRange, () => GridCluster.ReadAsync(bucket, table, from: 99));
        await grid.DisposeAsync();

        Assert.Equal(1, Count("grid.bucket.call.duration", "operation=append"));
        Assert.Equal(2, Count("grid.bucket.call.duration", "operation=fetch"));
        Assert.True(Sum("grid.bucket.received", "operation=append") > FrameHeader.Size);
        Assert.True(Sum("grid.bucket.sent", "operation=fetch") > FrameHeader.Size);
        Assert.Equal(1, Sum("grid.bucket.refusals", "operation=fetch,code=OffsetOutOfRange"));
        Assert.Equal(1, Sum("grid.bucket.opened", ""));
        Assert.Equal(0, Sum("grid.bucket.open", ""));
        Assert.Equal(0, Sum("grid.bytes_in_flight", ""));

        int Count(string instrument, string tags) => seen.Count(m => m.Instrument == instrument && m.Tags == tags);
        double Sum(string instrument, string tags) => seen.Where(m => m.Instrument == instrument && m.Tags == tags).Sum(m => m.Value);
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new List<string>();
        foreach (var tag in tags)
            text.Add($"{tag.Key}={tag.Value}");
        return string.Join(',', text);
    }
}
