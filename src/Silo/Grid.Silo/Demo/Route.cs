using Grid.Client;

namespace Grid.Silo.Demo;

/// <summary>A row of <c>air.routes</c>: what is known of the flights between two airports.</summary>
internal sealed record Route(
    [property: Key(0), BucketKey] string Origin,
    [property: Key(1)] string Destination,
    long Flights,
    long? LastDelay,
    DateTime LastSeen);
