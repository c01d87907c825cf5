namespace Grid.Silo.Tests.Hosting;

/// <summary>Tests that count this process's ports: nobody else opens any while they run.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class PortsCollection
{
    public const string Name = "ports";
}
