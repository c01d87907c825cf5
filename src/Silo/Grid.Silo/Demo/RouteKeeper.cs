using Apache.Arrow;
using Grid.Client;

namespace Grid.Silo.Demo;

/// <summary>
/// Keeps <c>air.routes</c> up to date from the change stream of <c>air.flights</c>. It follows from the first flight on and writes whole rows, not
/// differences: a keeper that starts again after a kill comes to the same table, however far the last one got.
/// </summary>
internal sealed class RouteKeeper(GridTable flights, GridTable<Route> routes)
{
    private const long FlightsBetweenWritesMax = 500_000;
    private static readonly string[] Columns = ["date", "delay", "origin", "destination"];

    private readonly Dictionary<(string Origin, string Destination), Route> _routes = [];
    private readonly HashSet<(string Origin, string Destination)> _changed = [];
    private long _taken;
    private long _written;

    /// <summary>Flights that the routes contain, written and acknowledged.</summary>
    public long Flights => Interlocked.Read(ref _written);

    /// <summary>The routes as they should be.</summary>
    public IReadOnlyCollection<Route> Routes => _routes.Values;

    /// <summary>Follows until cancelled, or to the present end.</summary>
    public async Task RunAsync(bool stopAtEnd, CancellationToken cancellationToken)
    {
        var options = new ChangeOptions { Columns = Columns, StopAtEnd = stopAtEnd };
        var changes = flights.ChangesAsync(options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (changes.ConfigureAwait(false))
        {
            while (true)
            {
                // What gathered is written whenever there is nothing more to take in: seldom and much under load, at once when it is quiet.
                var next = changes.MoveNextAsync().AsTask();
                if (!next.IsCompleted || _taken - _written >= FlightsBetweenWritesMax)
                    await WriteAsync(cancellationToken).ConfigureAwait(false);
                if (!await next.ConfigureAwait(false))
                    break;
                using var batch = changes.Current;
                Take(batch.Rows);
            }
        }

        await WriteAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Take(RecordBatch batch)
    {
        var dates = (TimestampArray)batch.Column(0);
        var delays = (Int64Array)batch.Column(1);
        var origins = (StringArray)batch.Column(2);
        var destinations = (StringArray)batch.Column(3);
        for (var row = 0; row < batch.Length; row++)
        {
            var key = (origins.GetString(row), destinations.GetString(row));
            var seen = DateTime.UnixEpoch.AddMicroseconds(dates.Values[row]);
            var delay = delays.GetValue(row);
            _routes[key] = !_routes.TryGetValue(key, out var route) ? new Route(key.Item1, key.Item2, 1, delay, seen)
                : IsLater(seen, delay, route) ? route with { Flights = route.Flights + 1, LastSeen = seen, LastDelay = delay }
                : route with { Flights = route.Flights + 1 };
            _changed.Add(key);
        }

        _taken += batch.Length;
    }

    // Buckets come in any order: what is last must not depend on it, so equal times are told apart by the delay.
    private static bool IsLater(DateTime seen, long? delay, Route route) =>
        seen > route.LastSeen || (seen == route.LastSeen && (delay ?? long.MinValue) > (route.LastDelay ?? long.MinValue));

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (_changed.Count > 0)
            await routes.UpsertAsync(_changed.Select(key => _routes[key]), cancellationToken).ConfigureAwait(false);
        _changed.Clear();
        Interlocked.Exchange(ref _written, _taken);
    }
}
