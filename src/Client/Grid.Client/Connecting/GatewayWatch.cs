using Grid.Abstractions;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;

namespace Grid.Client.Connecting;

/// <summary>
/// Asks the cluster again and again which gateways it has. Several grains are asked at once, since the way to one of them may lead through a silo that hangs; the
/// first answer counts.
/// </summary>
internal sealed class GatewayWatch(IClusterClient client, ClusterGateways gateways) : IHostedService, IDisposable
{
    private const int AskedAtOnce = 3;
    private const int Keys = 16;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMilliseconds(800);
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watching = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(ClusterGateways.RefreshPeriod);
        var key = Random.Shared.Next(Keys);
        do
        {
            var learned = false;
            try
            {
                var asked = Enumerable.Range(0, AskedAtOnce).Select(_ => AskAsync(key++ % Keys)).ToList();
                while (asked.Count > 0)
                {
                    var first = await Task.WhenAny(asked).ConfigureAwait(false);
                    asked.Remove(first);
                    if (await first.ConfigureAwait(false) is not { Count: > 0 } present)
                        continue;
                    gateways.Learn(present);
                    learned = true;
                    break;
                }
            }
            catch (Exception failure) when (failure is OrleansException or GridException or InvalidOperationException or ObjectDisposedException)
            {
                // Not connected yet, or not any more.
            }

            if (!learned)
                gateways.Miss();
        }
        while (await TickAsync(timer).ConfigureAwait(false));
    }

    /// <summary>The gateways of the silos that are active, by one management grain; null where it does not answer in time.</summary>
    private async Task<List<Uri>?> AskAsync(int key)
    {
        try
        {
            var hosts = await client.GetGrain<IManagementGrain>(key).GetDetailedHosts(onlyActive: true).WaitAsync(AnswerWithin, _stop.Token).ConfigureAwait(false);
            return [.. hosts.Where(host => host.ProxyPort > 0).Select(host => SiloAddress.New(host.SiloAddress.Endpoint.Address, host.ProxyPort, 0).ToGatewayUri())];
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException or OrleansException or InvalidOperationException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async Task<bool> TickAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
