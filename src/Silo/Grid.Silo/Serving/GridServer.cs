using System.Net;
using Grid.Silo.Clustering;
using Grid.Silo.Iceberg;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Grid.Silo.Serving;

/// <summary>A node as a process of its own: a silo with ports for clients and other silos, and HTTP for health and for engines that read the lake.</summary>
internal sealed class GridServer : IAsyncDisposable
{
    /// <summary>The process answers.</summary>
    public const string LivePath = "/health/live";

    /// <summary>The silo answers, catalog included.</summary>
    public const string ReadyPath = "/health/ready";

    /// <summary>Long enough to flush and close every open bucket on a slow disk.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    private readonly WebApplication _application;

    private GridServer(WebApplication application, ServeOptions options)
    {
        _application = application;
        Options = options;
    }

    /// <summary>Where it listens.</summary>
    public ServeOptions Options { get; }

    /// <summary>The HTTP addresses that are really bound.</summary>
    public ICollection<string> Urls => _application.Urls;

    /// <summary>The data directory.</summary>
    public string DataDirectory => _application.Services.GetRequiredService<Storage.StorageNode>().Options.DataDirectory;

    /// <summary>Starts a node from appsettings.json, the environment and, above both, the settings given.</summary>
    /// <exception cref="Abstractions.GridException">A setting is illegal, a port is taken, the directory belongs to another process.</exception>
    public static async Task<GridServer> StartAsync(IReadOnlyDictionary<string, string?> settings, string? configurationFile, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Grid.Silo" });
        ConfigureSettings(builder, settings, configurationFile);
        var options = ServeOptions.Read(builder.Configuration);
        var start = new StartLog();
        ConfigureLogging(builder.Logging, start);
        builder.WebHost.UseUrls(options.Urls);
        builder.Services.AddSingleton<IHostLifetime, GuestLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddHealthChecks().AddCheck<CatalogHealth>("catalog");
        builder.Services.AddSingleton<IcebergCatalog>();
        builder.UseOrleans(silo => ConfigureSilo(silo, builder.Configuration, options));

        var application = builder.Build();
        MapHealth(application);
        if (options.HasIceberg)
            IcebergRoutes.Map(application, application.Services.GetRequiredService<IcebergCatalog>());
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
            start.IsOver = true;
            return new GridServer(application, options);
        }
        catch (Exception e)
        {
            // Whatever did start stops again; what that says is of no use beside the reason for it.
            await application.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await application.DisposeAsync().ConfigureAwait(false);
            throw StartFailure.Translate(e, cancellationToken);
        }
    }

    /// <summary>Completes when the node is asked to stop.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _application.Lifetime.ApplicationStopping);
        await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Flushes, closes, stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private static void ConfigureSettings(WebApplicationBuilder builder, IReadOnlyDictionary<string, string?> settings, string? configurationFile)
    {
        // Quiet unless configured otherwise: what a file or the environment says of Logging comes later and wins.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?> { ["Logging:LogLevel:Default"] = "Warning", ["Logging:LogLevel:Grid"] = "Information", ["Logging:LogLevel:Orleans"] = "Error" },
        });
        if (configurationFile is not null)
            builder.Configuration.AddJsonFile(Path.GetFullPath(configurationFile), optional: false).AddEnvironmentVariables();
        builder.Configuration.AddInMemoryCollection(settings);
    }

    private static void ConfigureLogging(ILoggingBuilder logging, StartLog start)
    {
        logging.ClearProviders();
        start.Apply(logging);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
        });
        // The output is for answers.
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static void ConfigureSilo(ISiloBuilder silo, IConfiguration configuration, ServeOptions options)
    {
        var clustering = GridClusteringOptions.Read(configuration);
        if (clustering.ResolvedClustering == GridClustering.Local)
            silo.UseDevelopmentClustering(new IPEndPoint(options.AdvertiseAddress, options.SiloPort));
        silo.UseGridClustering(clustering);
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = options.AdvertiseAddress;
            endpoints.SiloPort = options.SiloPort;
            endpoints.GatewayPort = options.GatewayPort;
            endpoints.SiloListeningEndpoint = new IPEndPoint(options.ListenAddress, options.SiloPort);
            endpoints.GatewayListeningEndpoint = new IPEndPoint(options.ListenAddress, options.GatewayPort);
        });
        silo.AddGrid(configuration);
        silo.Services.PostConfigure<GridSiloOptions>(grid =>
        {
            grid.DataPort = options.DataPort;
            grid.DataPortListen ??= options.ListenAddress.ToString();
            grid.DataPortHost ??= options.AdvertiseAddress.ToString();
        });
        silo.AddGridTelemetry(configuration);
    }

    private static void MapHealth(WebApplication application)
    {
        application.MapHealthChecks(LivePath, new HealthCheckOptions { Predicate = _ => false });
        application.MapHealthChecks(ReadyPath);
    }
}
