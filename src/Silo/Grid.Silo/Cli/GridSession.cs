using Grid.Client;

namespace Grid.Silo.Cli;

/// <summary>A client, and the embedded host behind it where there is one. Disposing flushes and closes.</summary>
internal sealed class GridSession : IAsyncDisposable
{
    private readonly IAsyncDisposable _owned;

    public GridSession(GridHost host)
    {
        Client = host.Client;
        _owned = host;
    }

    public GridSession(GridClient client)
    {
        Client = client;
        _owned = client;
    }

    public GridClient Client { get; }

    public ValueTask DisposeAsync() => _owned.DisposeAsync();
}
