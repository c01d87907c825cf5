namespace Grid.Grains.Buckets;

/// <summary>Tells the bucket host that its silo stops, before the silo deactivates its grains.</summary>
internal sealed class BucketHostLifecycle(BucketHost host) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(BucketHost), ServiceLifecycleStage.Active, _ => Task.CompletedTask, _ =>
        {
            host.EndWaits();
            return Task.CompletedTask;
        });
}
