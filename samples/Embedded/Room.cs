using Grid.Client;

namespace Grid.Samples.Embedded;

/// <summary>A row: the last measurement of a room.</summary>
internal sealed record Room([property: Key] string Name, double Temperature, DateTimeOffset MeasuredAt);
