using Microsoft.Extensions.Logging;

namespace Grid.Silo;

/// <summary>What an embedded Grid needs; see <see cref="GridHost.StartAsync"/>.</summary>
public sealed record GridHostOptions
{
    /// <summary>The data directory; made where it does not exist. One process at a time.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Changes further node options; <see cref="GridSiloOptions.DataDirectory"/> is set already.</summary>
    public Action<GridSiloOptions>? Configure { get; init; }

    /// <summary>Adds to the silo: filters, grains' services, a fake clock in tests.</summary>
    public Action<ISiloBuilder>? ConfigureSilo { get; init; }

    /// <summary>Where logs go; none by default.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }
}
