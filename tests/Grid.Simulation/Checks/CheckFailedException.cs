namespace Grid.Simulation.Checks;

/// <summary>A promise that a run broke.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
