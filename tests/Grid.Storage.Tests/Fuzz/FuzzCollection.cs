namespace Grid.Storage.Tests.Fuzz;

/// <summary>Fuzzers run alone: what they count of memory is theirs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FuzzCollection
{
    public const string Name = "fuzz";
}
