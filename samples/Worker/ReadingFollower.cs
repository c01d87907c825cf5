using Grid.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Grid.Samples.Worker;

/// <summary>Follows the readings from now on and tells each machine's average pressure.</summary>
internal sealed partial class ReadingFollower(GridClient grid, ILogger<ReadingFollower> logger) : BackgroundService
{
    private const int ReadingsBetweenReports = 30;

    private readonly Dictionary<string, (int Count, double Sum)> _machines = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var readings = await Reading.OpenAsync(grid, stoppingToken);
        var seen = 0;
        await foreach (var change in readings.ChangesAsync(new ChangeOptions { Start = ScanStart.Latest }, stoppingToken))
        {
            var (count, sum) = _machines.GetValueOrDefault(change.Row.Machine);
            _machines[change.Row.Machine] = (count + 1, sum + change.Row.Pressure);
            if (++seen % ReadingsBetweenReports != 0)
                continue;
            foreach (var (machine, (readingCount, total)) in _machines)
                Average(logger, machine, total / readingCount, readingCount);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Machine}: {Average:0.00} bar on average over {Count} readings")]
    private static partial void Average(ILogger logger, string machine, double average, int count);
}
