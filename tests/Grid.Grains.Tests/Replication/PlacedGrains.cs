using Grid.Grains.Replication;

namespace Grid.Grains.Tests.Replication;

/// <summary>Says where it runs.</summary>
[Alias("grid.test.IPinnedTestGrain")]
internal interface IPinnedTestGrain : IGrainWithStringKey
{
    [Alias("Where")]
    Task<string> WhereAsync();

    /// <summary>Asks another one, from silo to silo.</summary>
    [Alias("Ask")]
    Task<string> AskAsync(string key);
}

[Alias("grid.test.IPlacedTestGrain")]
internal interface IPlacedTestGrain : IGrainWithStringKey
{
    [Alias("Where")]
    Task<string> WhereAsync();
}

[NodePinned]
internal sealed class PinnedTestGrain(ILocalSiloDetails silo) : Grain, IPinnedTestGrain
{
    public Task<string> WhereAsync() => Task.FromResult(silo.Name);

    public Task<string> AskAsync(string key) => GrainFactory.GetGrain<IPinnedTestGrain>(key).WhereAsync();
}

[BucketPlacement]
internal sealed class PlacedTestGrain(ILocalSiloDetails silo) : Grain, IPlacedTestGrain
{
    public Task<string> WhereAsync() => Task.FromResult(silo.Name);
}
