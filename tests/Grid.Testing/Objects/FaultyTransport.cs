using Azure.Core;
using Azure.Core.Pipeline;
using Request = Azure.Core.Request;

namespace Grid.Testing.Objects;

/// <summary>
/// The way to Azure with something between: <paramref name="between"/> gets each request and the call that sends it, which it may make not at all, once or more
/// often. <see cref="HttpFault"/> has what commonly goes wrong. Thread-safe if <paramref name="between"/> is.
/// </summary>
public sealed class FaultyTransport(Func<HttpMessage, Func<ValueTask>, ValueTask> between) : HttpPipelineTransport
{
    /// <summary>A transport on which each request meets a fault with a probability; the choices repeat with the seed if the requests do.</summary>
    public static FaultyTransport AtRandom(int seed, double rate, params HttpFault[] faults)
    {
        var random = new Random(seed);
        return new FaultyTransport((message, send) =>
        {
            HttpFault fault;
            lock (random)
                fault = random.NextDouble() < rate ? faults[random.Next(faults.Length)] : HttpFault.None;
            return fault.ApplyAsync(message, send);
        });
    }

    /// <summary>A transport on which the first request that matches meets a fault.</summary>
    public static FaultyTransport Once(Func<Request, bool> matches, HttpFault fault)
    {
        var done = 0;
        return new FaultyTransport((message, send) => (matches(message.Request) && Interlocked.Exchange(ref done, 1) == 0 ? fault : HttpFault.None).ApplyAsync(message, send));
    }

    /// <inheritdoc/>
    public override Request CreateRequest() => HttpClientTransport.Shared.CreateRequest();

    /// <inheritdoc/>
    public override void Process(HttpMessage message) => ProcessAsync(message).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(HttpMessage message) => between(message, () => HttpClientTransport.Shared.ProcessAsync(message));
}
