using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Demo;

/// <summary>
/// What never stops while a node dies: the file's flights stream in, live flights are appended one batch after the other, and the routes follow from the changes of both.
/// </summary>
internal sealed class ClusterTraffic : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    // Longer than a failing-over reader needs to go on.
    private static readonly TimeSpan ChangesWithin = TimeSpan.FromSeconds(30);

    // Calls that nobody answers any more, since the nodes are gone, are left behind.
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop;
    private readonly GridTable _flights;
    private readonly RouteKeeper _keeper;
    private readonly Task<long> _streaming;
    private readonly Task _appending;
    private readonly Task _keeping;
    private readonly RowChecksum _live = new();
    private long _streamed;
    private volatile FirstAnswers? _answers;
    private volatile bool _enough;

    private ClusterTraffic(GridClient client, GridTable flights, GridTable<Route> routes, string samples, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _flights = flights;
        _keeper = new RouteKeeper(flights, routes);
        _keeping = Task.Run(() => _keeper.RunAsync(stopAtEnd: false, _stop.Token), CancellationToken.None);
        _streaming = Task.Run(() => AirTables.ImportAsync(client, AirTables.FlightsFile(samples), AirTables.Flights, rows => Interlocked.Exchange(ref _streamed, rows), _stop.Token), CancellationToken.None);
        _appending = Task.Run(AppendAsync, CancellationToken.None);
    }

    /// <summary>Rows of the file that were sent so far.</summary>
    public long Streamed => Interlocked.Read(ref _streamed);

    /// <summary>Whether every row of the file is acknowledged.</summary>
    public bool IsStreamed => _streaming.IsCompleted;

    /// <summary>Live rows that were acknowledged; whole and final once <see cref="FinishAsync"/> has returned.</summary>
    public RowChecksum Live => _live;

    public static async Task<ClusterTraffic> StartAsync(GridClient client, string samples, CancellationToken cancellationToken)
    {
        var flights = await client.OpenTableAsync(AirTables.Flights, cancellationToken).ConfigureAwait(false);
        var routes = await client.OpenTableAsync<Route>(AirTables.Routes, cancellationToken).ConfigureAwait(false);
        return new ClusterTraffic(client, flights, routes, samples, cancellationToken);
    }

    /// <summary>From now on tells which buckets of the flights answered an append.</summary>
    public void Tell(FirstAnswers answers) => _answers = answers;

    /// <summary>Waits until so many rows of the file were sent, or all.</summary>
    public async Task StreamAsync(long rows, Action<long> report, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Poll);
        while (Streamed < rows && !IsStreamed && await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            report(Streamed);
            await ThrowAsync().ConfigureAwait(false);
        }

        await ThrowAsync().ConfigureAwait(false);
    }

    /// <summary>Ends what writes when it is acknowledged; answers the rows of file and live flights together.</summary>
    public async Task<long> FinishAsync()
    {
        _enough = true;
        var rows = await _streaming.ConfigureAwait(false);
        await _appending.ConfigureAwait(false);
        return rows + _live.Rows;
    }

    /// <summary>Waits until the routes contain so many flights.</summary>
    /// <exception cref="GridException">They came to contain more, or the change stream gave no more for a while: rows that were acknowledged are not in it.</exception>
    public async Task KeepAsync(long flights, CancellationToken cancellationToken)
    {
        var (kept, since) = (_keeper.Flights, Stopwatch.GetTimestamp());
        using var timer = new PeriodicTimer(Poll);
        while (_keeper.Flights < flights && Stopwatch.GetElapsedTime(since) < ChangesWithin && await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_keeping.IsCompleted)
                await _keeping.ConfigureAwait(false);
            if (_keeper.Flights != kept)
                (kept, since) = (_keeper.Flights, Stopwatch.GetTimestamp());
        }

        if (_keeper.Flights != flights)
            throw new GridException(GridErrorCode.Internal, $"The demo found what must not be: the change stream gave {_keeper.Flights} flights, {flights} were acknowledged.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_streaming, _appending, _keeping).WaitAsync(EndWithin, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AppendAsync()
    {
        for (var number = 0; !_enough && !_stop.IsCancellationRequested; number++)
        {
            using var batch = LiveFlights.Batch(number);
            var asked = Stopwatch.GetTimestamp();
            var result = await _flights.AppendAsync(batch, _stop.Token).ConfigureAwait(false);
            _live.Add(batch);
            foreach (var range in result.Ranges)
                _answers?.Answered(range.Bucket, asked);
        }
    }

    private async Task ThrowAsync()
    {
        foreach (var task in new[] { _streaming, _appending, _keeping })
            if (task.IsFaulted)
                await task.ConfigureAwait(false);
    }
}
