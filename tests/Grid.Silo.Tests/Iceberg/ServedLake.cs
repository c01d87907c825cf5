using System.Net;
using System.Text;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Serving;
using Grid.Testing;

namespace Grid.Silo.Tests.Iceberg;

/// <summary>
/// A served grid, and HTTP to it. Database <c>air</c>: <c>events</c> is in the lake, in two rounds; <c>more</c> too; <c>empty</c> has a lake and no rows; <c>plain</c> has no lake. Database <c>sea</c>: empty.
/// </summary>
public sealed class ServedLake : IAsyncLifetime, IDisposable
{
    public const int Rows = 200;
    public static readonly TableOptions Tiered = new() { Buckets = 2, Lake = LakeMode.On, LakeFreshnessMs = 1000 };
    private readonly TestDirectory _directory = new();
    private GridServer? _server;
    private GridClient? _client;

    public HttpClient Http { get; } = new();

    /// <summary>Where the catalog is.</summary>
    public Uri Address => new(_server!.Urls.Single());

    public GridClient Client => _client!;

    public string Warehouse => Path.Combine(_server!.DataDirectory, "lake");

    public async Task InitializeAsync()
    {
        var gateway = FreePorts.Take();
        _server = await StartAsync(_directory["data"], gateway);
        _client = await GridClient.ConnectAsync($"127.0.0.1:{gateway}");
        await Client.CreateDatabaseAsync("air");
        await Client.CreateDatabaseAsync("sea");
        var events = await CreateAsync("events");
        await events.AppendAsync(Flights(0, Rows / 2));
        await events.Untyped.FlushLakeAsync();
        await events.AppendAsync(Flights(Rows / 2, Rows / 2));
        await events.Untyped.FlushLakeAsync();
        var more = await CreateAsync("more");
        await more.AppendAsync(Flights(0, 1));
        await more.Untyped.FlushLakeAsync();
        await CreateAsync("empty");
        await Client.CreateTableAsync<Flight>("air.plain");
    }

    public async Task DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    public void Dispose()
    {
        Http.Dispose();
        _directory.Dispose();
    }

    public static IEnumerable<Flight> Flights(int first, int count) => Enumerable.Range(first, count).Select(i => new Flight(i, $"place {i % 7}"));

    public Task<GridTable<Flight>> CreateAsync(string name) => Client.CreateTableAsync<Flight>($"air.{name}", Tiered);

    /// <summary>What a call answers; the path is taken as it is, escapes and all.</summary>
    public async Task<(HttpStatusCode Status, string Body)> CallAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (method != HttpMethod.Get && method != HttpMethod.Head)
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        if (body.Length > 0)
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return (response.StatusCode, body);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        var (status, body) = await CallAsync(HttpMethod.Get, path);
        Assert.True(status == HttpStatusCode.OK, $"GET {path} answers {status}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>Checks a refusal against the spec's error model, and gives its message.</summary>
    public async Task<string> RefusedAsync(HttpMethod method, string path, HttpStatusCode status, string type)
    {
        var (answered, body) = await CallAsync(method, path);
        Assert.True(answered == status, $"{method} {path} answers {answered}, not {status}: {body}");
        var error = Assert.Single(JsonDocument.Parse(body).RootElement.EnumerateObject().ToArray());
        Assert.Equal("error", error.Name);
        Assert.Equal(["message", "type", "code"], error.Value.EnumerateObject().Select(field => field.Name));
        Assert.Equal(type, error.Value.GetProperty("type").GetString());
        Assert.Equal((int)status, error.Value.GetProperty("code").GetInt32());
        return error.Value.GetProperty("message").GetString()!;
    }

    internal static Task<GridServer> StartAsync(string data, int gateway, params (string Name, string Value)[] settings)
    {
        var all = settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value);
        all["Grid:DataDirectory"] = data;
        all["Grid:GatewayPort"] = $"{gateway}";
        all["Grid:SiloPort"] = $"{FreePorts.Take()}";
        all["Grid:Urls"] = "http://127.0.0.1:0";
        return GridServer.StartAsync(all, null, CancellationToken.None);
    }

    public sealed record Flight(long Id, string Place);
}
