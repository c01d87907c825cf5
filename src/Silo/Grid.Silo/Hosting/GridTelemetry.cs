using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Grid.Silo;

/// <summary>Sends Grid's and Orleans' metrics and traces to an OpenTelemetry collector.</summary>
public static class GridTelemetry
{
    private const string EndpointSetting = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Exports by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; adds nothing otherwise: the meters can still be watched with dotnet-counters,
    /// and no call pays for traces that nobody collects.
    /// </summary>
    public static ISiloBuilder AddGridTelemetry(this ISiloBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configuration);
        if (string.IsNullOrWhiteSpace(configuration[EndpointSetting]))
            return builder;

        builder.AddActivityPropagation();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("grid"))
            .WithMetrics(metrics => metrics.AddMeter("Grid.Storage", "Grid.Grains", "Grid.DataPort", "Microsoft.Orleans").AddOtlpExporter())
            .WithTracing(traces => traces.AddSource("Grid", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application").AddOtlpExporter());
        return builder;
    }
}
