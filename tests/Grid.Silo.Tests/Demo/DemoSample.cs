using Apache.Arrow;
using Grid.Silo.Demo;
using Grid.Silo.Formats;

namespace Grid.Silo.Tests.Demo;

/// <summary>Sample files like the real ones, but small: 20,000 flights, the live ones with another origin, and two airports.</summary>
internal static class DemoSample
{
    public static async Task WriteAsync(TestDirectory directory)
    {
        File.WriteAllText(directory["airports.csv"], "iata,name,city\nSFO,San Francisco International,San Francisco\nLAX,Los Angeles International,Los Angeles\n");
        await using var writer = new ParquetFileWriter(directory["flights-3m.parquet"], RowFormat.ArrowSchema(AirTables.FlightColumns));
        for (var number = 0; number < 100; number++)
        {
            using var live = LiveFlights.Batch(number);
            var origins = new StringArray.Builder();
            for (var row = 0; row < live.Length; row++)
                origins.Append("SFO");
            using var batch = new RecordBatch(live.Schema, [live.Column(0), live.Column(1), live.Column(2), origins.Build(), live.Column(4)], live.Length);
            await writer.WriteAsync(batch, CancellationToken.None);
        }

        await writer.CompleteAsync(CancellationToken.None);
    }
}
