using System.Text.RegularExpressions;

namespace Grid.Architecture.Tests;

/// <summary>Rules that hold for the sources as text.</summary>
public sealed partial class RepositoryTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public void Every_folder_under_src_is_an_assembly_and_a_root_namespace()
    {
        foreach (var project in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Assert.Equal(name, Path.GetFileName(Path.GetDirectoryName(project)));
            foreach (var source in Sources(Path.GetDirectoryName(project)!))
                foreach (Match match in NamespacePattern().Matches(File.ReadAllText(source)))
                    Assert.True(IsOf(name, match.Groups[1].Value), $"{source} declares namespace {match.Groups[1].Value}, outside {name}");
        }
    }

    [Fact]
    public void No_source_holds_a_stub()
    {
        var stubs = Sources(Path.Combine(Root, "src")).Where(file => File.ReadAllText(file).Contains("NotImplemented" + "Exception", StringComparison.Ordinal));

        Assert.Empty(stubs);
    }

    [Fact]
    public void Event_ids_of_log_messages_are_unique()
    {
        var ids = Sources(Path.Combine(Root, "src"))
            .SelectMany(file => EventIdPattern().Matches(File.ReadAllText(file)).Select(match => (Id: match.Groups[1].Value, File: Path.GetFileName(file))))
            .GroupBy(found => found.Id)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(found => found.File))}");

        Assert.Empty(ids);
    }

    [Fact]
    public void Tests_do_not_sleep()
    {
        var sleepers = Sources(Path.Combine(Root, "tests"))
            .Where(file => SleepPattern().IsMatch(File.ReadAllText(file)) && !file.EndsWith(nameof(RepositoryTests) + ".cs", StringComparison.Ordinal));

        Assert.Empty(sleepers);
    }

    // Extension methods on IServiceCollection live where .NET looks for them.
    private static bool IsOf(string assembly, string declared) =>
        declared == assembly || declared.StartsWith(assembly + ".", StringComparison.Ordinal) || declared == "Microsoft.Extensions.DependencyInjection";

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Grid.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Grid.sln is in no folder above the tests.");
        return folder;
    }

    [GeneratedRegex(@"^namespace\s+([\w.]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex EventIdPattern();

    [GeneratedRegex(@"Thread\.Sleep\(|Task\.Delay\(\s*(?:\d|TimeSpan)")]
    private static partial Regex SleepPattern();
}
