namespace Grid.Bench.Harness;

/// <summary>One line of the bench table: a job, what it is measured against in the same run, and what is asked.</summary>
internal abstract class BenchJob
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What is done.</summary>
    public abstract string Description { get; }

    /// <summary>The physical limit or raw library it is compared with.</summary>
    public abstract string Against { get; }

    public abstract Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context, CancellationToken cancellationToken);
}

/// <summary>One measured figure beside what was asked.</summary>
/// <param name="Figure">What the figure is.</param>
/// <param name="Asked">What was asked, as text; empty: nothing, shown for information.</param>
/// <param name="Reached">The figure, as text.</param>
/// <param name="Met">Whether it is reached; null where nothing was asked.</param>
/// <param name="Detail">Absolute figures and spread.</param>
internal sealed record BenchResult(string Figure, string Asked, string Reached, bool? Met, string Detail);

/// <summary>Where jobs may write and how long they run.</summary>
/// <param name="Directory">A scratch folder that goes when the run ends.</param>
/// <param name="Scale">1: the full size; less: a quick look.</param>
/// <param name="Rounds">Paired rounds of each ratio.</param>
/// <param name="Kills">Processes to kill where the time until others have taken over is measured.</param>
internal sealed record BenchContext(string Directory, double Scale, int Rounds, int Kills)
{
    public string Folder(string name)
    {
        var folder = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(folder);
        return folder;
    }

    public int Scaled(int full) => Math.Max(1, (int)(full * Scale));
}
