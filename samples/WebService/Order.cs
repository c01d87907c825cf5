using Grid.Client;

namespace Grid.Samples.WebService;

/// <summary>A row of shop.orders.</summary>
internal sealed record Order([property: Key] long Id, string Customer, [property: Column(Type = "decimal(12,2)")] decimal Amount, DateTimeOffset ChangedAt);

/// <summary>What a caller puts.</summary>
internal sealed record OrderBody(string Customer, decimal Amount);
