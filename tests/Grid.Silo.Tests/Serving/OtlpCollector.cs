using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Grid.Silo.Tests.Serving;

/// <summary>The receiving end of OTLP over HTTP: takes every post and keeps what it said, by path. Names in protobuf are plain UTF-8, so that text search finds them.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, string? ContentType, string Body)> _posts = new();
    private readonly SemaphoreSlim _posted = new(0);
    private readonly Task _receiving;

    public OtlpCollector()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Endpoint = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add(Endpoint + "/");
        _listener.Start();
        _receiving = ReceiveAsync();
    }

    /// <summary>What OTEL_EXPORTER_OTLP_ENDPOINT says.</summary>
    public string Endpoint { get; }

    /// <summary>Waits until the posts to a path have named all of these.</summary>
    public async Task WaitForAsync(string path, string[] names, TimeSpan patience)
    {
        using var over = new CancellationTokenSource(patience);
        while (true)
        {
            var missing = names.Where(name => !_posts.Any(post => post.Path == path && post.Body.Contains(name, StringComparison.Ordinal))).ToArray();
            if (missing.Length == 0)
                break;
            try
            {
                await _posted.WaitAsync(over.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Nobody posted {string.Join(", ", missing)} to {path} within {patience}; posts: {string.Join(", ", _posts.Select(post => $"{post.Path} {post.Body.Length} B"))}.");
            }
        }

        Assert.All(_posts, post => Assert.Equal("application/x-protobuf", post.ContentType));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _receiving;
        _listener.Close();
        _posted.Dispose();
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // stopped
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            _posts.Enqueue((context.Request.Url!.AbsolutePath, context.Request.ContentType, Encoding.Latin1.GetString(body.ToArray())));
            context.Response.Close();
            _posted.Release();
        }
    }
}
