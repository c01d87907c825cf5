using Grid.Client;

namespace Grid.Samples.Worker;

/// <summary>A row of plant.readings, a log table: no key, only appended to.</summary>
internal sealed record Reading(string Machine, double Pressure, DateTimeOffset At)
{
    public const string Table = "plant.readings";

    public static async Task<GridTable<Reading>> OpenAsync(GridClient grid, CancellationToken cancellationToken)
    {
        await grid.CreateDatabaseAsync("plant", ifNotExists: true, cancellationToken);
        return await grid.CreateTableAsync<Reading>(Table, ifNotExists: true, cancellationToken: cancellationToken);
    }
}
