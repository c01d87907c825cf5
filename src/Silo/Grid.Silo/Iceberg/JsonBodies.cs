using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Grid.Silo.Iceberg;

/// <summary>Writes JSON into a response, without a copy of it in between.</summary>
internal static class JsonBodies
{
    // Bodies are JSON and never part of a page, so that quotes in sentences stay readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteJsonAsync(this HttpResponse response, Action<Utf8JsonWriter> write)
    {
        response.ContentType = "application/json";
        var json = new Utf8JsonWriter(response.BodyWriter, Options);
        await using (json.ConfigureAwait(false))
            write(json);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted).ConfigureAwait(false);
    }
}
