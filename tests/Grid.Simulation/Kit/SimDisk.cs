using Grid.Testing.Files;

namespace Grid.Simulation.Kit;

/// <summary>A node's disk. Whoever holds the files of before a crash holds files of a machine that stopped: every call fails.</summary>
internal sealed class SimDisk(SimRandom random)
{
    public FaultyFileStore Files { get; private set; } = new((int)random.NextUInt64());

    /// <summary>Whether the machine stopped in the middle of a write: the process is to be buried.</summary>
    public bool Stopped => Files.Crashed;

    /// <summary>Stops the machine at one of the next operations that change something, which is torn there.</summary>
    public void StopWithin(int operations) => Files.CrashAt = Files.Boundaries + random.Next(operations);

    /// <summary>The process ends: what it wrote stays.</summary>
    public void Kill() => Replace(Files.AfterCrash(powerLoss: false, random.Next(int.MaxValue)));

    /// <summary>The machine ends: what was not flushed is there, or not, or torn.</summary>
    public void PowerOff() => Replace(Files.AfterCrash(powerLoss: true, random.Next(int.MaxValue)));

    /// <summary>The disk is replaced by an empty one.</summary>
    public void Lose() => Replace(new FaultyFileStore(random.Next(int.MaxValue)));

    private void Replace(FaultyFileStore files)
    {
        Files.Stop();
        Files = files;
    }
}
