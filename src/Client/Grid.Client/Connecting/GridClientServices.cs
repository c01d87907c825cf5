using Grid.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Grid in a service's container.</summary>
public static class GridClientServices
{
    /// <summary>
    /// Adds a <see cref="GridClient"/>. With <see cref="GridClientOptions.Endpoint"/> it connects an Orleans client of its own when the host starts; without, it uses the
    /// Orleans client or silo that the container has.
    /// </summary>
    public static IServiceCollection AddGridClient(this IServiceCollection services, GridClientOptions? options = null) => throw new NotImplementedException();

    /// <summary>Adds a <see cref="GridClient"/> that connects to <c>host:port</c> when the host starts.</summary>
    public static IServiceCollection AddGridClient(this IServiceCollection services, string endpoint) =>
        services.AddGridClient(new GridClientOptions { Endpoint = endpoint });
}
