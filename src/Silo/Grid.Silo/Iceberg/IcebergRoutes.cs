using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grid.Silo.Iceberg;

/// <summary>
/// The paths of Iceberg's REST catalog (apache/iceberg, open-api/rest-catalog-open-api.yaml). Those that read are served, without a prefix; all others below <c>/v1</c> are refused in the spec's words, so that
/// whoever tries to write is told why it cannot be.
/// </summary>
internal static class IcebergRoutes
{
    public const string ConfigPath = "/v1/config";

    /// <summary>The part of a path that names a database. A namespace of several levels comes with U+001F in it, which no database has.</summary>
    public const string Database = "database";

    /// <summary>The part that names a table.</summary>
    public const string Table = "table";

    private const string Namespaces = "/v1/namespaces";
    private const string OneNamespace = $"{Namespaces}/{{{Database}}}";
    private const string Tables = $"{OneNamespace}/tables";
    private const string OneTable = $"{Tables}/{{{Table}}}";
    private const string Views = $"{OneNamespace}/views";
    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>What is served, as the configuration lists it; clients call nothing else.</summary>
    public static readonly string[] Endpoints =
    [
        "GET /v1/{prefix}/namespaces",
        "GET /v1/{prefix}/namespaces/{namespace}",
        "HEAD /v1/{prefix}/namespaces/{namespace}",
        "GET /v1/{prefix}/namespaces/{namespace}/tables",
        "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
        "HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}",
        "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics",
        "GET /v1/{prefix}/namespaces/{namespace}/views",
    ];

    public static void Map(IEndpointRouteBuilder routes, IcebergCatalog catalog)
    {
        Get(ConfigPath, catalog.ConfigAsync);
        Get(Namespaces, catalog.ListNamespacesAsync);
        Get(OneNamespace, catalog.GetNamespaceAsync);
        Head(OneNamespace, catalog.HasNamespaceAsync);
        Get(Tables, catalog.ListTablesAsync);
        Get(OneTable, catalog.LoadTableAsync);
        Head(OneTable, catalog.HasTableAsync);
        Get(Views, catalog.ListViewsAsync);
        Refuse(Views + "/{view}", ReadMethods, context => IcebergError.NoView((string)context.Request.RouteValues[Database]!, (string)context.Request.RouteValues["view"]!));
        // Reports of what a scan read. Engines send them unasked; they are not kept.
        Post(OneTable + "/metrics", context =>
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        Refuse(OneTable + "/plan", [HttpMethods.Post], _ => IcebergError.NoPlanning);
        Refuse(OneTable + "/tasks", [HttpMethods.Post], _ => IcebergError.NoPlanning);
        routes.MapMethods("/v1/oauth/tokens", [HttpMethods.Post], context => WriteNoTokensAsync(context.Response));
        routes.Map("/v1/{**rest}", context => (ReadMethods.Contains(context.Request.Method) ? IcebergError.NoRoute(context.Request) : IcebergError.ReadOnly).WriteAsync(context.Response));

        void Get(string path, Func<HttpContext, Task> handler) => Serve(path, HttpMethods.Get, handler);
        void Head(string path, Func<HttpContext, Task> handler) => Serve(path, HttpMethods.Head, handler);
        void Post(string path, Func<HttpContext, Task> handler) => Serve(path, HttpMethods.Post, handler);
        void Serve(string path, string method, Func<HttpContext, Task> handler) => routes.MapMethods(path, [method], catalog.Answering(handler));
        void Refuse(string path, string[] methods, Func<HttpContext, IcebergError> error) => routes.MapMethods(path, methods, context => error(context).WriteAsync(context.Response));
    }

    /// <summary>OAuth's own form of a refusal (RFC 6749, section 5.2).</summary>
    private static Task WriteNoTokensAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status400BadRequest;
        return response.WriteJsonAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("error", "invalid_request");
            json.WriteString("error_description", "This catalog knows no callers and gives no tokens; leave credential and OAuth settings out.");
            json.WriteEndObject();
        });
    }
}
