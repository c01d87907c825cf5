using Grid.Storage.Replication;

namespace Grid.Grains.Buckets;

/// <summary>
/// Tells the bucket host that its silo stops, before the silo deactivates its grains: buckets that lead are handed over to replicas that are in sync, so that their callers wait for a
/// moment instead of for a failure detector.
/// </summary>
internal sealed class BucketHostLifecycle(BucketHost host, GridNodeOptions options, TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int HandOversAtOnce = 32;

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(BucketHost), ServiceLifecycleStage.Active, _ => Task.CompletedTask, StopAsync);

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.HandOverMsMax), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await Parallel.ForEachAsync(
                host.ListLeaders(),
                new ParallelOptions { MaxDegreeOfParallelism = HandOversAtOnce, CancellationToken = either.Token },
                static async (bucket, token) => await bucket.Engine.Replica!.HandOverAsync(token));
        }
        catch (OperationCanceledException)
        {
            // What is left is taken over by others when its callers ask for it.
        }

        host.EndWaits();
    }
}
