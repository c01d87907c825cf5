using Grid.Abstractions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grid.Silo.Serving;

/// <summary>Ready means: the catalog answers in time.</summary>
internal sealed class CatalogHealth(IGrainFactory grains) : IHealthCheck
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await grains.GetGrain<ICatalogGrain>(0).ListDatabasesAsync().WaitAsync(AnswerWithin, cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy("The catalog does not answer.", e);
        }
    }
}
