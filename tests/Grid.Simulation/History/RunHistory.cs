namespace Grid.Simulation.History;

/// <summary>All that clients asked and were told in a run, in order of asking.</summary>
internal sealed class RunHistory
{
    public List<AppendOperation> Appends { get; } = [];

    public List<LogObservation> Reads { get; } = [];

    public List<KeyOperation> Keys { get; } = [];
}
