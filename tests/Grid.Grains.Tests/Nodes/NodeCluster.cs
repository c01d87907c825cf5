using Grid.Abstractions;
using Grid.Grains.Nodes;
using Grid.Storage;
using Grid.Storage.Nodes;
using Grid.Storage.Objects;
using Grid.Storage.Replication;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Grid.Grains.Tests.Nodes;

/// <summary>Three nodes with a directory each and one object store, which can be sent away.</summary>
public sealed class NodeCluster : IAsyncDisposable
{
    private const int SiloCount = 3;

    private NodeCluster(Func<string, GridNodeOptions, GridNodeOptions> configure, Action<IServiceCollection>? services)
    {
        Root = Path.Combine(Path.GetTempPath(), "grid-nodes-" + Guid.NewGuid().ToString("N"));
        Objects = new SwitchedObjectStore(new DirectoryObjectStore(Path.Combine(Root, "objects")));
        var builder = new InProcessTestClusterBuilder(SiloCount);
        builder.ConfigureSilo((silo, host) =>
        {
            host.Services.AddSingleton<IObjectStore>(Objects);
            services?.Invoke(host.Services);
            host.Services.AddGridGrains(configure(silo.SiloName, new GridNodeOptions
            {
                Storage = new StorageNodeOptions
                {
                    DataDirectory = Path.Combine(Root, silo.SiloName),
                    NodeName = new NodeName(silo.SiloName),
                    DefaultFlush = FlushPolicy.Os,
                    BlockCacheBytes = 8 << 20,
                    WriteBufferBytes = 8 << 20,
                },
                RegistrationRenewMs = 200,
                RecordReadMsMax = 1000,
            }));
        });
        Silos = builder.Build();
    }

    public string Root { get; }

    public SwitchedObjectStore Objects { get; }

    public InProcessTestCluster Silos { get; }

    public NodeName[] Names => [.. Silos.Silos.Select(silo => new NodeName(silo.Name)).OrderBy(name => name.Value, StringComparer.Ordinal)];

    public IGrainFactory Client => Silos.Client;

    public BucketRecordStore Records => new(Objects);

    public NodeRegistry Registry => new(Objects, TimeProvider.System);

    public static async Task<NodeCluster> StartAsync(Func<string, GridNodeOptions, GridNodeOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var cluster = new NodeCluster(configure ?? ((_, options) => options), services);
        await cluster.Silos.DeployAsync();
        await EventuallyAsync(() => Task.FromResult(cluster.Silos.Silos.All(silo => cluster.Directory(silo.Name).Nodes.Length == SiloCount)));
        return cluster;
    }

    internal INodeDirectory Directory(string name) => Silo(name).ServiceProvider.GetRequiredService<INodeDirectory>();

    public InProcessSiloHandle Silo(string name) => Silos.Silos.Single(silo => silo.Name == name);

    public async ValueTask DisposeAsync()
    {
        Objects.Away = false;
        await Silos.DisposeAsync();
        System.IO.Directory.Delete(Root, recursive: true);
    }

    /// <summary>Returns when a state is reached that background loops of the silos bring about. A call that is not answered in time has not seen it yet.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> isReached)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        Exception? last = null;
        while (!await IsReachedAsync())
        {
            Assert.False(deadline.IsCancellationRequested, $"The state was not reached within 60 s; last failure: {last?.Message ?? "none"}");
            await timer.WaitForNextTickAsync();
        }

        async Task<bool> IsReachedAsync()
        {
            try
            {
                return await isReached();
            }
            catch (TimeoutException e)
            {
                last = e;
                return false;
            }
        }
    }

    /// <summary>The answer to a call that may be made more than once: as a client does, it is made again while a bucket finds its leader and its followers.</summary>
    public static async Task<T> AnswerAsync<T>(Func<Task<T>> call)
    {
        T? answer = default;
        await EventuallyAsync(async () =>
        {
            try
            {
                answer = await call();
                return true;
            }
            catch (Exception failure) when (failure is OrleansException or GridException { IsTransient: true } or GridException { Code: GridErrorCode.StorageFailed })
            {
                return false;
            }
        });
        return answer!;
    }
}
