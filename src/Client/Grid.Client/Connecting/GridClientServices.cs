using Grid.Abstractions;
using Grid.Client;
using Grid.Client.Connecting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Grid in a service's container.</summary>
public static class GridClientServices
{
    /// <summary>
    /// Adds a <see cref="GridClient"/>. With <see cref="GridClientOptions.Endpoint"/> it adds an Orleans client, too, which connects when the host starts; without, it uses
    /// the Orleans client or silo that the container has.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the endpoint; without one, when the client is first asked for: there is no Orleans in the container.</exception>
    public static IServiceCollection AddGridClient(this IServiceCollection services, GridClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        options ??= new GridClientOptions();
        if (options.Endpoint is { } endpoint)
        {
            GridEndpoints.Resolve(endpoint);
            services.AddOrleansClient(client => OrleansConnection.Configure(client, endpoint, options.Tls));
        }

        services.TryAddSingleton(provider => new GridClient(
            provider.GetService<IGrainFactory>()
                ?? throw new GridException(GridErrorCode.InvalidArgument, "The container has no Orleans client or silo; give AddGridClient an endpoint, for example localhost:30000."),
            owned: null,
            options,
            provider.GetService<TimeProvider>(),
            provider.GetService<ConnectionLoss>() ?? new ConnectionLoss(),
            OrleansConnection.DataPortOf(provider)));
        return services;
    }

    /// <summary>Adds a <see cref="GridClient"/> that connects to <c>host:port</c> when the host starts.</summary>
    /// <param name="services">The container.</param>
    /// <param name="endpoint"><c>host:port</c> of a silo's gateway, or several joined by commas.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the endpoint.</exception>
    public static IServiceCollection AddGridClient(this IServiceCollection services, string endpoint) =>
        services.AddGridClient(new GridClientOptions { Endpoint = endpoint });
}
