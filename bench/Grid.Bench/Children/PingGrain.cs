namespace Grid.Bench.Children;

/// <summary>A bare grain call: the least that any call to a grain costs.</summary>
[Alias("grid.bench.IPingGrain")]
public interface IPingGrain : IGrainWithIntegerKey
{
    /// <summary>Answers its argument.</summary>
    Task<long> PingAsync(long value);
}

/// <inheritdoc cref="IPingGrain"/>
public sealed class PingGrain : Grain, IPingGrain
{
    /// <inheritdoc/>
    public Task<long> PingAsync(long value) => Task.FromResult(value);
}
