using Grid.Abstractions;
using Grid.Storage.Nodes;
using Grid.Storage.Objects;
using Grid.Storage.Tests.Catalog;
using Grid.Testing.Time;

namespace Grid.Storage.Tests.Nodes;

public sealed class NodeRegistryTests : IDisposable
{
    private const int LeaseMs = 10_000;
    private static readonly NodeName Name = new("a");
    private static readonly NodeId Directory1 = new(1);
    private static readonly NodeId Directory2 = new(2);

    private readonly string _directory = Path.Combine(Path.GetTempPath(), "grid-nodes-" + Guid.NewGuid().ToString("N"));
    private readonly ManualTimeProvider _time = new();
    private readonly DirectoryObjectStore _objects;
    private readonly NodeRegistry _registry;

    public NodeRegistryTests()
    {
        _objects = new DirectoryObjectStore(_directory);
        _registry = new NodeRegistry(_objects, _time);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_name_is_claimed_renewed_read_and_given_back()
    {
        var own = Run(Directory1, 11) with { Zone = "z1", DataPort = "10.0.0.4:12000" };
        var (tag, takenFrom) = await _registry.ClaimAsync(own, default);
        Assert.Null(takenFrom);
        Assert.Equal(own, await _registry.ReadAsync(Name, default));

        _time.Advance(TimeSpan.FromSeconds(3));
        var renewed = Run(Directory1, 11);
        Assert.Equal(RenewOutcome.Renewed, (await _registry.RenewAsync(renewed, tag, default)).Outcome);
        Assert.Equal(renewed, await _registry.ReadAsync(Name, default));

        await _registry.ReleaseAsync(renewed, default);
        Assert.Null(await _registry.ReadAsync(Name, default));
    }

    [Fact]
    public async Task A_second_node_of_the_name_is_refused_until_the_lease_lapses()
    {
        var (tag, _) = await _registry.ClaimAsync(Run(Directory1, 11), default);
        var refusal = await Assert.ThrowsAsync<GridException>(() => _registry.ClaimAsync(Run(Directory2, 22), default));
        Assert.Equal(GridErrorCode.AlreadyExists, refusal.Code);
        Assert.Contains("silo-11", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("in 10 s", refusal.Message, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromMilliseconds(LeaseMs));
        var (_, takenFrom) = await _registry.ClaimAsync(Run(Directory2, 22), default);
        Assert.Equal("silo-11", takenFrom!.Silo);

        // The first one comes back, sees it, and must not take it back or remove it.
        Assert.Equal(RenewOutcome.Lost, (await _registry.RenewAsync(Run(Directory1, 11), tag, default)).Outcome);
        await _registry.ReleaseAsync(Run(Directory1, 11), default);
        Assert.Equal("silo-22", (await _registry.ReadAsync(Name, default))!.Silo);
    }

    [Fact]
    public async Task The_same_directory_takes_over_at_once()
    {
        var (tag, _) = await _registry.ClaimAsync(Run(Directory1, 11), default);
        var (_, takenFrom) = await _registry.ClaimAsync(Run(Directory1, 12), default);
        Assert.Null(takenFrom);
        Assert.Equal(RenewOutcome.Lost, (await _registry.RenewAsync(Run(Directory1, 11), tag, default)).Outcome);
    }

    [Fact]
    public async Task Of_two_that_start_at_once_one_is_refused()
    {
        var claims = new[] { _registry.ClaimAsync(Run(Directory1, 11), default), _registry.ClaimAsync(Run(Directory2, 22), default) };
        try
        {
            await Task.WhenAll(claims);
        }
        catch (GridException)
        {
        }

        Assert.Equal(1, claims.Count(claim => claim.IsCompletedSuccessfully));
        Assert.Equal(GridErrorCode.AlreadyExists, Assert.IsType<GridException>(claims.First(claim => claim.IsFaulted).Exception!.InnerException).Code);
    }

    [Fact]
    public async Task A_renewal_with_an_unknown_outcome_is_sorted_out_by_the_next()
    {
        var (tag, _) = await _registry.ClaimAsync(Run(Directory1, 11), default);
        var failing = new NodeRegistry(new FailingObjectStore(_objects, writesUntilDeath: 1, after: true), _time);
        await Assert.ThrowsAsync<GridException>(() => failing.RenewAsync(Run(Directory1, 11), tag, default));

        var (outcome, known) = await _registry.RenewAsync(Run(Directory1, 11), tag, default);
        Assert.Equal(RenewOutcome.Again, outcome);
        Assert.Equal(RenewOutcome.Renewed, (await _registry.RenewAsync(Run(Directory1, 11), known, default)).Outcome);
    }

    [Fact]
    public async Task A_registration_that_somebody_removed_is_made_again()
    {
        var (tag, _) = await _registry.ClaimAsync(Run(Directory1, 11), default);
        await _objects.DeleteAsync("nodes/a.json", default);
        Assert.Equal(RenewOutcome.Renewed, (await _registry.RenewAsync(Run(Directory1, 11), tag, default)).Outcome);
        Assert.NotNull(await _registry.ReadAsync(Name, default));
    }

    [Fact]
    public async Task A_damaged_registration_is_reported_by_name()
    {
        await _objects.TryCreateAsync("nodes/a.json", "{\"format\":1}"u8.ToArray(), default);
        var failure = await Assert.ThrowsAsync<GridException>(() => _registry.ClaimAsync(Run(Directory1, 11), default));
        Assert.Equal(GridErrorCode.Corrupt, failure.Code);
        Assert.Contains("nodes/a.json", failure.Message, StringComparison.Ordinal);
    }

    private NodeRegistration Run(NodeId directory, int run) => new()
    {
        Name = Name,
        Id = directory,
        Run = new NodeId((UInt128)run),
        Silo = $"silo-{run}",
        StartedMs = _time.NowMs,
        LeaseUntilMs = _time.NowMs + LeaseMs,
    };
}
