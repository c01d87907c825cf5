using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Grid.Silo;

/// <summary>
/// A transport that opens nothing: it listens to nobody and reaches nobody. An embedded silo talks only to itself, and Orleans delivers those calls
/// in memory. Orleans registers its socket factories under keys of its own; the keys are read from the registrations themselves.
/// </summary>
internal static class ClosedTransport
{
    public static void Use(IServiceCollection services)
    {
        Replace<IConnectionListenerFactory>(services, new ClosedListenerFactory());
        Replace<IConnectionFactory>(services, new ClosedConnectionFactory());
    }

    private static void Replace<TService>(IServiceCollection services, TService implementation)
        where TService : class
    {
        var replaced = 0;
        for (var i = 0; i < services.Count; i++)
        {
            if (services[i].ServiceType != typeof(TService) || !services[i].IsKeyedService)
                continue;
            services[i] = new ServiceDescriptor(typeof(TService), services[i].ServiceKey, implementation);
            replaced++;
        }

        // A later Orleans that registers its transport in another way must not silently open ports.
        if (replaced == 0)
            throw new InvalidOperationException($"Orleans registered no keyed {typeof(TService).Name}; the embedded host cannot keep it from opening ports.");
    }

    private sealed class ClosedListenerFactory : IConnectionListenerFactory
    {
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IConnectionListener>(new ClosedListener(endpoint));
    }

    private sealed class ClosedListener(EndPoint endpoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_unbound.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }

    private sealed class ClosedConnectionFactory : IConnectionFactory
    {
        public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<ConnectionContext>(new ConnectionAbortedException($"An embedded Grid has no connections; {endpoint} was not called."));
    }
}
