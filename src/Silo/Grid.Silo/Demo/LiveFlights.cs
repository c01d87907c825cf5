using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Silo.Formats;

namespace Grid.Silo.Demo;

/// <summary>Flights that happen while the demo runs: batch number n is the same in every process, so what was acknowledged can be checked after a kill.</summary>
internal static class LiveFlights
{
    /// <summary>Rows of a batch.</summary>
    public const int BatchRows = 200;

    /// <summary>Where live flights leave from; no real flight of the sample does.</summary>
    public const string Origin = "LIV";

    private static readonly string[] Destinations = ["SFO", "LAX", "JFK", "ORD", "DFW", "ATL", "SEA", "DEN"];
    private static readonly DateTime Start = new(2001, 7, 1);

    /// <summary>Batch number <paramref name="number"/>, from 0, with the columns of the flights.</summary>
    public static RecordBatch Batch(int number)
    {
        var dates = new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, timezone: (string?)null));
        var delays = new Int64Array.Builder();
        var distances = new Int64Array.Builder();
        var origins = new StringArray.Builder();
        var destinations = new StringArray.Builder();
        for (var row = 0; row < BatchRows; row++)
        {
            var flight = ((long)number * BatchRows) + row;
            dates.Append(new DateTimeOffset(Start.AddSeconds(flight), TimeSpan.Zero));
            delays.Append(flight % 90);
            // The flight's own number: no two rows are equal.
            distances.Append(flight);
            origins.Append(Origin);
            destinations.Append(Destinations[flight % Destinations.Length]);
        }

        IArrowArray[] arrays = [dates.Build(), delays.Build(), distances.Build(), origins.Build(), destinations.Build()];
        return new RecordBatch(RowFormat.ArrowSchema(AirTables.FlightColumns), arrays, BatchRows);
    }
}
