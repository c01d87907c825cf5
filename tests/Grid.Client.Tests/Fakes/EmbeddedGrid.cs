using Grid.Silo;

namespace Grid.Client.Tests.Fakes;

/// <summary>A real Grid in this process, on a directory of its own, shared by the tests of a class.</summary>
public sealed class EmbeddedGrid : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-client-tests");
    private GridHost? _host;

    public GridClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _host = await GridHost.StartAsync(new GridHostOptions { DataDirectory = _directory.FullName });
        Client = _host.Client;
        await Client.CreateDatabaseAsync("test");
    }

    public async Task DisposeAsync()
    {
        await _host!.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
