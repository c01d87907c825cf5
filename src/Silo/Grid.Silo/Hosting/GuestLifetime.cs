using Microsoft.Extensions.Hosting;

namespace Grid.Silo;

/// <summary>A host whose owner decides when it stops: no signal handlers, no Ctrl+C.</summary>
internal sealed class GuestLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
