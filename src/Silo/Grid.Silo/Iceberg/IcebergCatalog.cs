using System.Text.Json;
using System.Threading.RateLimiting;
using Grid.Abstractions;
using Grid.Grains.Tiering;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grid.Silo.Iceberg;

/// <summary>Answers the calls of Iceberg's REST catalog that read: databases are its namespaces, tables with a lake table its tables.</summary>
internal sealed partial class IcebergCatalog(LakeCatalog lake, ILogger<IcebergCatalog> logger) : IDisposable
{
    /// <summary>Metadata files in memory at a time, each of up to 32 MiB.</summary>
    private const int LoadsAtOnce = 8;

    /// <summary>Callers that wait for one; more are told to come again.</summary>
    private const int LoadsWaiting = 256;

    private readonly ILogger<IcebergCatalog> _logger = logger;
    private readonly ConcurrencyLimiter _loads = new(new ConcurrencyLimiterOptions { PermitLimit = LoadsAtOnce, QueueLimit = LoadsWaiting });

    public void Dispose() => _loads.Dispose();

    /// <summary>The handler with its refusals and failures turned into what engines understand.</summary>
    public RequestDelegate Answering(Func<HttpContext, Task> handler) => async context =>
    {
        try
        {
            await handler(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
        catch (Exception failure)
        {
            var error = IcebergError.Of(failure as GridException ?? new GridException(GridErrorCode.Internal, "The catalog failed; the node's log says how.", failure));
            if (error.Status >= StatusCodes.Status500InternalServerError)
                LogFailed(failure, context.Request.Method, context.Request.Path);
            if (!context.Response.HasStarted)
                await error.WriteAsync(context.Response).ConfigureAwait(false);
            else
                context.Abort();
        }
    };

    /// <summary>There is one warehouse, whatever it is called by.</summary>
    public Task ConfigAsync(HttpContext context) => context.Response.WriteJsonAsync(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("defaults");
        json.WriteEndObject();
        json.WriteStartObject("overrides");
        json.WriteString("warehouse", lake.Root);
        json.WriteEndObject();
        json.WriteStartArray("endpoints");
        foreach (var endpoint in IcebergRoutes.Endpoints)
            json.WriteStringValue(endpoint);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public async Task ListNamespacesAsync(HttpContext context)
    {
        var page = IcebergPage.Read(context.Request.Query);
        var names = new LakeNamePage([], null);
        // A database has none below it.
        if (context.Request.Query["parent"].ToString() is { Length: > 0 } parent)
            await lake.RequireDatabaseAsync(parent, context.RequestAborted).ConfigureAwait(false);
        else
            names = await lake.ListDatabasesAsync(page.After, page.Max, context.RequestAborted).ConfigureAwait(false);
        await context.Response.WriteJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("next-page-token", names.Next);
            json.WriteStartArray("namespaces");
            foreach (var name in names.Names)
                WriteNamespace(json, name);
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public async Task GetNamespaceAsync(HttpContext context)
    {
        var database = Database(context);
        await lake.RequireDatabaseAsync(database, context.RequestAborted).ConfigureAwait(false);
        await context.Response.WriteJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("namespace");
            WriteNamespace(json, database);
            json.WriteStartObject("properties");
            json.WriteEndObject();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public async Task HasNamespaceAsync(HttpContext context)
    {
        await lake.RequireDatabaseAsync(Database(context), context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task ListTablesAsync(HttpContext context)
    {
        var (database, page) = (Database(context), IcebergPage.Read(context.Request.Query));
        await WriteIdentifiersAsync(context, database, await lake.ListTablesAsync(database, page.After, page.Max, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async Task ListViewsAsync(HttpContext context)
    {
        var database = Database(context);
        await lake.RequireDatabaseAsync(database, context.RequestAborted).ConfigureAwait(false);
        await WriteIdentifiersAsync(context, database, new LakeNamePage([], null)).ConfigureAwait(false);
    }

    public async Task LoadTableAsync(HttpContext context)
    {
        var snapshots = context.Request.Query["snapshots"].ToString();
        if (snapshots is not ("" or "all" or "refs"))
            throw new GridException(GridErrorCode.InvalidArgument, $"snapshots is '{snapshots}'; legal are all and refs.");
        var referencedOnly = snapshots == "refs";
        using var turn = await _loads.AcquireAsync(cancellationToken: context.RequestAborted).ConfigureAwait(false);
        if (!turn.IsAcquired)
            throw new GridException(GridErrorCode.Busy, $"{LoadsAtOnce} tables are being loaded and {LoadsWaiting} callers wait for their turn; come again, or ask another node.");
        var file = await lake.ReadAsync(Table(context), context.RequestAborted).ConfigureAwait(false);
        var tag = $"\"{file.Tag}-{(referencedOnly ? "refs" : "all")}\"";
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.Contains(tag))
            context.Response.StatusCode = StatusCodes.Status304NotModified;
        else
            await context.Response.WriteJsonAsync(json => LoadTableBody.Write(json, file, referencedOnly)).ConfigureAwait(false);
    }

    public async Task HasTableAsync(HttpContext context)
    {
        await lake.RequireReadableAsync(Table(context), context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static string Database(HttpContext context) => (string)context.Request.RouteValues[IcebergRoutes.Database]!;

    private static TablePath Table(HttpContext context) => new(Database(context), (string)context.Request.RouteValues[IcebergRoutes.Table]!);

    private static void WriteNamespace(Utf8JsonWriter json, string database)
    {
        json.WriteStartArray();
        json.WriteStringValue(database);
        json.WriteEndArray();
    }

    private static Task WriteIdentifiersAsync(HttpContext context, string database, LakeNamePage page) => context.Response.WriteJsonAsync(json =>
    {
        json.WriteStartObject();
        json.WriteString("next-page-token", page.Next);
        json.WriteStartArray("identifiers");
        foreach (var name in page.Names)
        {
            json.WriteStartObject();
            json.WritePropertyName("namespace");
            WriteNamespace(json, database);
            json.WriteString("name", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
