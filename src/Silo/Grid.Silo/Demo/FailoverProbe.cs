using System.Diagnostics;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Demo;

/// <summary>
/// Measures how long the buckets that a node leads are without a leader when it is killed. It knows an airport in each of its buckets: looks it up, and writes it once more as it is, which
/// changes nothing but must be acknowledged all the same.
/// </summary>
internal sealed class FailoverProbe
{
    private const int AirportsMost = 2000;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);

    private readonly GridTable _airports;
    private readonly Dictionary<int, RecordBatch> _rows;
    private readonly FirstAnswers _flights;
    private readonly FirstAnswers _writes;
    private readonly FirstAnswers _lookups;

    private FailoverProbe(GridTable airports, Dictionary<int, RecordBatch> rows, IEnumerable<int> flights)
    {
        _airports = airports;
        _rows = rows;
        _flights = new FirstAnswers(flights);
        _writes = new FirstAnswers(rows.Keys);
        _lookups = new FirstAnswers(rows.Keys);
    }

    /// <summary>From the kill to the first acknowledged write of each bucket, the shortest first.</summary>
    public IReadOnlyList<TimeSpan> Writes => [.. _flights.Times.Concat(_writes.Times).Order()];

    /// <summary>From the kill to the first answered lookup of each bucket with a primary key, the shortest first.</summary>
    public IReadOnlyList<TimeSpan> Lookups => _lookups.Times;

    /// <summary>Prepares: everything is known before anything dies.</summary>
    public static async Task<FailoverProbe> PrepareAsync(GridTable airports, IReadOnlySet<int> airportBuckets, IEnumerable<int> flightBuckets, CancellationToken cancellationToken)
    {
        var some = await airports.LimitScanAsync(AirportsMost, cancellationToken: cancellationToken).ConfigureAwait(false);
        var schema = airports.Info.Schema;
        var buckets = new int[some.Length];
        int[] key = [some.Schema.GetFieldIndex(schema.GetColumn(schema.BucketKey[0]).Name)];
        new BucketFunction(schema, airports.Info.Options.Buckets).Buckets(some, key, buckets);
        var rows = new Dictionary<int, RecordBatch>();
        for (var row = 0; row < buckets.Length; row++)
            if (airportBuckets.Contains(buckets[row]))
                rows.TryAdd(buckets[row], some.Slice(row, 1));
        return new FailoverProbe(airports, rows, flightBuckets);
    }

    /// <summary>Kills, and returns when every bucket has taken a write and answered a lookup again.</summary>
    public async Task RunAsync(ClusterTraffic traffic, Func<Task> kill, CancellationToken cancellationToken)
    {
        traffic.Tell(_flights);
        var killed = Stopwatch.GetTimestamp();
        await kill().ConfigureAwait(false);
        foreach (var answers in new[] { _flights, _writes, _lookups })
            answers.Begin(killed);
        var all = Task.WhenAll([
            _flights.WaitAsync(cancellationToken),
            .. _rows.Select(row => WriteAsync(row.Key, row.Value, cancellationToken)),
            .. _rows.Select(row => LookUpAsync(row.Key, row.Value, cancellationToken)),
        ]);
        try
        {
            await all.WaitAsync(AnswerWithin, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new GridException(GridErrorCode.Timeout,
                $"{AnswerWithin.TotalSeconds:0} s after the kill only {Writes.Count} buckets have taken a write and {Lookups.Count} have answered a lookup; the machine may be too busy for the demo.");
        }
    }

    private async Task WriteAsync(int bucket, RecordBatch row, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        await _airports.UpsertAsync(row, cancellationToken: cancellationToken).ConfigureAwait(false);
        _writes.Answered(bucket, asked);
    }

    private async Task LookUpAsync(int bucket, RecordBatch row, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        var found = await _airports.LookupAsync(row, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (found.RowOf(0) < 0)
            throw new GridException(GridErrorCode.Internal, $"An airport of bucket {bucket} was not found after the kill.");
        _lookups.Answered(bucket, asked);
    }
}
