using Grid.Client;
using Microsoft.Extensions.Hosting;

namespace Grid.Samples.Worker;

/// <summary>Appends ten readings a second; each is acknowledged before the next.</summary>
internal sealed class ReadingWriter(GridClient grid, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var readings = await Reading.OpenAsync(grid, stoppingToken);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), time);
        for (var number = 0; await timer.WaitForNextTickAsync(stoppingToken); number++)
            await readings.AppendAsync(new Reading($"press-{number % 3}", 4 + Math.Sin(number / 20.0), time.GetUtcNow()), stoppingToken);
    }
}
