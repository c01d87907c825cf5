// Grid inside a console program: no server, no ports. Run it twice: the second run finds what the first one wrote.
using Grid.Client;
using Grid.Samples.Embedded;
using Grid.Silo;

var directory = args.Length > 0 ? args[0] : Path.Combine(Path.GetTempPath(), "grid-embedded");
await using var grid = await GridHost.StartAsync(new GridHostOptions { DataDirectory = directory });

await grid.Client.CreateDatabaseAsync("house", ifNotExists: true);
var rooms = await grid.Client.CreateTableAsync<Room>("house.rooms", ifNotExists: true);

var kitchen = await rooms.LookupAsync("kitchen");
Console.WriteLine(kitchen is null ? "The kitchen was never measured." : $"Last time it was {kitchen.Temperature} degrees, at {kitchen.MeasuredAt:u}.");

await rooms.UpsertAsync(new Room("kitchen", Math.Round(18 + (Random.Shared.NextDouble() * 6), 1), DateTimeOffset.UtcNow));
await foreach (var change in rooms.ChangesAsync(new ChangeOptions { StopAtEnd = true }))
    Console.WriteLine($"{change.Kind,-12} {change.Row}");
