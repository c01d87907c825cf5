namespace Grid.Cluster.Tests.Membership;

/// <summary>Tests that measure time, or burn it: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessesCollection
{
    public const string Name = "alone on the machine";
}
