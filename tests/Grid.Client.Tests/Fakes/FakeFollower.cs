using Grid.Abstractions;

namespace Grid.Client.Tests.Fakes;

/// <summary>One node's copy of a bucket.</summary>
internal sealed class FakeFollower : IFollowerGrain
{
    private readonly List<LogOffset> _floors = [];

    /// <summary>Answers lookups.</summary>
    public Func<LookupRequest, CancellationToken, Task<LookupAnswer>> Lookups { get; set; } = static (_, _) => throw new NotSupportedException();

    /// <summary>The floors that were asked for, call by call.</summary>
    public IReadOnlyList<LogOffset> Floors
    {
        get
        {
            lock (_floors)
                return [.. _floors];
        }
    }

    public async Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken)
    {
        lock (_floors)
            _floors.Add(request.Floor);
        return await Lookups(request, cancellationToken);
    }
}
