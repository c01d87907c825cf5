using System.Reflection;

namespace Grid.Architecture.Tests;

/// <summary>Dependencies run one way (docs/architecture in README, "The house"): this is the test of every arrow.</summary>
public sealed class AssemblyArrowTests
{
    public static TheoryData<string, string[]> Arrows => new()
    {
        { "Grid.Abstractions", [] },
        { "Grid.Storage", ["Grid.Abstractions"] },
        { "Grid.Grains", ["Grid.Abstractions", "Grid.Storage"] },
        { "Grid.Client", ["Grid.Abstractions"] },
        { "Grid.Sql", ["Grid.Abstractions", "Grid.Client"] },
        { "Grid.Silo", ["Grid.Abstractions", "Grid.Storage", "Grid.Grains", "Grid.Client", "Grid.Sql"] },
    };

    [Theory]
    [MemberData(nameof(Arrows))]
    public void An_assembly_references_only_what_the_house_allows(string assembly, string[] allowed)
    {
        var references = Assembly.Load(assembly).GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("Grid.", StringComparison.Ordinal));

        Assert.Empty(references.Except(allowed));
    }

    [Fact]
    public void The_engine_knows_nothing_of_Orleans()
    {
        var types = Assembly.Load("Grid.Storage").GetTypes().Where(type => type.Namespace?.StartsWith("Grid.", StringComparison.Ordinal) == true);
        var orleans = types
            .SelectMany(type => type.GetInterfaces().Append(type.BaseType!).Where(other => other?.Namespace?.StartsWith("Orleans", StringComparison.Ordinal) == true)
                .Select(other => $"{type.FullName} : {other.FullName}"));

        Assert.Empty(orleans);
    }

    [Fact]
    public void The_engine_needs_no_dependency_injection()
    {
        var references = Assembly.Load("Grid.Storage").GetReferencedAssemblies().Select(name => name.Name!);

        Assert.DoesNotContain(references, name => name.StartsWith("Microsoft.Extensions.DependencyInjection", StringComparison.Ordinal));
        Assert.DoesNotContain(references, name => name.StartsWith("Orleans.Runtime", StringComparison.Ordinal));
    }
}
