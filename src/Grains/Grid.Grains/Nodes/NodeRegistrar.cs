using Grid.Abstractions;
using Grid.Storage.Nodes;
using Grid.Storage.Objects;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Nodes;

/// <summary>
/// Claims the node's name before the silo joins the cluster, renews the claim in a loop and gives it back after the silo left. Reads the registrations of the other nodes
/// in the same loop. Where the object store is away the loop goes on and tries again: nothing on the way of data waits for it. A node whose name was taken by another
/// process stops: two nodes of one name would both count as the replica that the records name, and the one that registered later won.
/// </summary>
internal sealed partial class NodeRegistrar : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly NodeRegistry _registry;
    private readonly DrainMarks _marks;
    private readonly LocalNode _local;
    private readonly INodeDirectory _directory;
    private readonly KnownRegistrations _known;
    private readonly ILocalSiloDetails _silo;
    private readonly IHostApplicationLifetime _application;
    private readonly GridNodeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeRegistrar> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeId _run = NodeId.Create();
    private long _startedMs;
    private ObjectTag? _tag;
    private bool _away;
    private Task _loop = Task.CompletedTask;

    public NodeRegistrar(NodeRegistry registry, DrainMarks marks, LocalNode local, INodeDirectory directory, KnownRegistrations known, ILocalSiloDetails silo,
        IHostApplicationLifetime application, GridNodeOptions options, TimeProvider time, ILogger<NodeRegistrar> logger)
    {
        _registry = registry;
        _marks = marks;
        _local = local;
        _directory = directory;
        _known = known;
        _silo = silo;
        _application = application;
        _options = options;
        _time = time;
        _logger = logger;
    }

    // After the silo's own services, before it joins; at the stop the other way round.
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(NodeRegistrar), ServiceLifecycleStage.RuntimeStorageServices, StartAsync, StopAsync);

    public void Dispose() => _stop.Dispose();

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _startedMs = NowMs();
        var (tag, takenFrom) = await _registry.ClaimAsync(Describe(), cancellationToken);
        _tag = tag;
        if (takenFrom is not null)
            LogTakenOver(_local.Name, takenFrom.Silo, takenFrom.Id, _local.Identity.Id);
        _loop = Task.Run(RenewAsync, CancellationToken.None);
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _loop;
        if (_tag is null)
            return; // never claimed, or lost
        try
        {
            await _registry.ReleaseAsync(Describe(), cancellationToken);
        }
        catch (Exception failure) when (failure is GridException or IOException or OperationCanceledException)
        {
            LogNotReleased(failure, _local.Name); // it lapses; the same directory need not wait for that
        }
    }

    private async Task RenewAsync()
    {
        var interval = TimeSpan.FromMilliseconds(_options.RegistrationRenewMs);
        while (!_stop.IsCancellationRequested)
        {
            var changed = _local.Changed;
            if (!await RenewOnceAsync())
                return;
            await changed.WaitAsync(interval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>False: the name is lost.</summary>
    private async Task<bool> RenewOnceAsync()
    {
        try
        {
            var (outcome, tag) = await _registry.RenewAsync(Describe(), _tag, _stop.Token);
            if (outcome == RenewOutcome.Again)
                (outcome, tag) = await _registry.RenewAsync(Describe(), tag, _stop.Token);
            _tag = tag;
            if (outcome == RenewOutcome.Lost)
            {
                LogLost(_local.Name);
                _application.StopApplication();
                return false;
            }

            await LearnAsync();
            if (_away)
                LogBack(_local.Name);
            _away = false;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception failure) when (failure is GridException or IOException or TimeoutException or OperationCanceledException)
        {
            if (!_away)
                LogAway(failure, _local.Name);
            _away = true;
        }

        return true;
    }

    private async Task LearnAsync()
    {
        var nodes = _directory.Nodes;
        foreach (var node in nodes)
            if (node.Name != _local.Name && await _registry.ReadAsync(node.Name, _stop.Token) is { } registration)
                _known.Learn(registration);
        _known.Draining = await _marks.ListAsync(_stop.Token);
        _known.KeepOnly(nodes.Select(node => node.Name).ToHashSet());
    }

    private NodeRegistration Describe() => new()
    {
        Name = _local.Name,
        Id = _local.Identity.Id,
        Run = _run,
        Silo = _silo.SiloAddress.ToParsableString(),
        StartedMs = _startedMs,
        LeaseUntilMs = NowMs() + _options.RegistrationLeaseMs,
        Zone = _local.Zone,
        DataPort = _local.DataPort,
    };

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
