using Azure;
using Azure.Core;

namespace Grid.Testing.Objects;

/// <summary>Makes the faults happen.</summary>
public static class HttpFaults
{
    /// <summary>Sends a request, or not, and lets it meet the fault.</summary>
    public static async ValueTask ApplyAsync(this HttpFault fault, HttpMessage message, Func<ValueTask> send)
    {
        switch (fault)
        {
            case HttpFault.None:
                await send();
                break;
            case HttpFault.NotSent:
                throw Broken();
            case HttpFault.Busy:
                message.Response = new BareResponse(503, message.Request.ClientRequestId);
                break;
            case HttpFault.AnswerLost:
                await send();
                message.Response.Dispose();
                throw Broken();
            case HttpFault.DoneAndError:
                await send();
                message.Response.Dispose();
                message.Response = new BareResponse(500, message.Request.ClientRequestId);
                break;
            case HttpFault.DoneAndSilent:
                await send();
                message.Response.Dispose();
                await Task.Delay(Timeout.Infinite, message.CancellationToken);
                break;
            case HttpFault.SentTwice:
                await send();
                message.Response.Dispose();
                await send();
                break;
            case HttpFault.Damaged:
                await send();
                await DamageAsync(message.Response);
                break;
        }
    }

    private static async Task DamageAsync(Response response)
    {
        if (response.ContentStream is not { } content)
            return;
        var damaged = new MemoryStream();
        await content.CopyToAsync(damaged);
        await content.DisposeAsync();
        if (damaged.Length > 0)
            damaged.GetBuffer()[damaged.Length / 2] ^= 1;
        damaged.Position = 0;
        response.ContentStream = damaged;
    }

    /// <summary>As the Azure client's transport tells a broken connection.</summary>
    private static RequestFailedException Broken() => new("The connection was reset.", new IOException("The connection was reset."));
}
