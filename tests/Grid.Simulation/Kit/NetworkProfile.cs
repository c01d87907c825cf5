namespace Grid.Simulation.Kit;

/// <summary>How a simulated network treats messages that it carries at all.</summary>
internal sealed record NetworkProfile
{
    public static readonly NetworkProfile Calm = new() { MinimumMs = 0.1, MaximumMs = 1 };

    public required double MinimumMs { get; init; }

    public required double MaximumMs { get; init; }

    /// <summary>The share of messages that are lost without a word.</summary>
    public double Loss { get; init; }

    /// <summary>The share of messages that arrive twice, where they may.</summary>
    public double Duplication { get; init; }

    /// <summary>The share of messages that take up to <see cref="SpikeMs"/>: they are overtaken by many others.</summary>
    public double Spikes { get; init; }

    public double SpikeMs { get; init; } = 2000;

    public override string ToString() => FormattableString.Invariant(
        $"delay {MinimumMs:0.0}-{MaximumMs:0.0} ms, loss {Loss:0.000}, twice {Duplication:0.000}, {Spikes:0.000} up to {SpikeMs:0} ms");
}
