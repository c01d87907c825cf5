using Grid.Abstractions;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;

namespace Grid.Client.Connecting;

/// <summary>
/// How often a client that starts calls again: patiently where nobody answers, for a node may be starting; a few times where somebody closes the connection at once, for a node may be
/// stopping; never where TLS says that one side does not trust the other, for that does not pass by itself.
/// </summary>
internal sealed class ConnectRetry(TimeProvider time, CertificateSource? certificates = null) : IClientConnectionRetryFilter
{
    private const int AttemptsMost = 15;
    private const int ClosedMost = 3;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(1500);

    private int _attempts;
    private int _closed;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not (OrleansMessageRejectionException or ConnectionFailedException)
            || ConnectFailure.TlsRefusal(exception, certificates) is not null
            || ConnectFailure.Find<GridException>(exception) is not null
            || (ConnectFailure.IsClosedAtOnce(exception) && ++_closed >= ClosedMost)
            || ++_attempts > AttemptsMost)
            return false;
        await Task.Delay(Delay * _attempts, time, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
