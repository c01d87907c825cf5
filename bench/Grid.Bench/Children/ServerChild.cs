using System.Globalization;
using Grid.Abstractions;
using Grid.Silo;
using Grid.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Grid.Bench.Children;

/// <summary>A silo with Grid in a process of its own. It prints its gateway port; asked "gc" it answers allocated bytes, pause milliseconds, longest pause.</summary>
internal static class ServerChild
{
    public static async Task ServeAsync(string dataDirectory, FlushPolicy flush)
    {
        var (siloPort, gatewayPort) = (FreePorts.Take(), FreePorts.Take());
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort);
            silo.AddGrid(options =>
            {
                options.DataDirectory = dataDirectory;
                options.Flush = flush;
                options.DataPort = -1;
            });
        });
        using var host = builder.Build();
        await host.StartAsync();
        Console.Out.WriteLine(gatewayPort.ToString(CultureInfo.InvariantCulture));
        while (await Console.In.ReadLineAsync() is { } question)
            Console.Out.WriteLine(question == "gc" ? GarbageFigures() : "?");
        await host.StopAsync();
    }

    public static string GarbageFigures()
    {
        var longest = 0.0;
        foreach (var kind in new[] { GCKind.Ephemeral, GCKind.FullBlocking, GCKind.Background })
            foreach (var pause in GC.GetGCMemoryInfo(kind).PauseDurations)
                longest = Math.Max(longest, pause.TotalMilliseconds);
        return string.Create(CultureInfo.InvariantCulture, $"{GC.GetTotalAllocatedBytes(precise: true)} {GC.GetTotalPauseDuration().TotalMilliseconds} {longest}");
    }
}
