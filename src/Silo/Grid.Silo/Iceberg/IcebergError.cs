using System.Text.Json;
using Grid.Abstractions;
using Microsoft.AspNetCore.Http;

namespace Grid.Silo.Iceberg;

/// <summary>A refusal as the REST catalog's spec has it, "ErrorModel": by type and status, engines know what to make of it.</summary>
internal sealed record IcebergError(int Status, string Type, string Message)
{
    /// <summary>For every call that would change something. The spec allows 403 everywhere, and no engine tries it again.</summary>
    public static IcebergError ReadOnly { get; } = new(StatusCodes.Status403Forbidden, "NotAuthorizedException",
        "This catalog is read only: the grid writes its lake tables itself, from what is written to its tables. Write to the grid's table instead, and create, alter and drop it there (grid table --help).");

    /// <summary>For scans that were to be planned here.</summary>
    public static IcebergError NoPlanning { get; } = new(StatusCodes.Status406NotAcceptable, "UnsupportedOperationException",
        "This catalog plans no scans; plan them in the engine, from the table's metadata.");

    /// <summary>The refusal for what the catalog refused or failed at.</summary>
    public static IcebergError Of(GridException refusal) => refusal.Code switch
    {
        GridErrorCode.UnknownDatabase => new(StatusCodes.Status404NotFound, "NoSuchNamespaceException", refusal.Message),
        GridErrorCode.UnknownTable => new(StatusCodes.Status404NotFound, "NoSuchTableException", refusal.Message),
        GridErrorCode.InvalidArgument => new(StatusCodes.Status400BadRequest, "BadRequestException", refusal.Message),
        GridErrorCode.StorageFailed or GridErrorCode.Busy => new(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailableException", refusal.Message),
        _ => new(StatusCodes.Status500InternalServerError, "InternalServerError", refusal.Message),
    };

    public static IcebergError NoRoute(HttpRequest request) => new(StatusCodes.Status404NotFound, "NotFoundException",
        $"There is no {request.Method} {request.Path} here. GET {IcebergRoutes.ConfigPath} lists what there is; the catalog's URI ends before /v1, and has no prefix.");

    public static IcebergError NoView(string database, string view) => new(StatusCodes.Status404NotFound, "NoSuchViewException", $"There is no view {database}.{view}; a grid has no views.");

    public Task WriteAsync(HttpResponse response)
    {
        response.StatusCode = Status;
        return response.WriteJsonAsync(Write);
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", Message);
        json.WriteString("type", Type);
        json.WriteNumber("code", Status);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
