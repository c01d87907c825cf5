namespace Grid.Silo.Tests.Readme;

/// <summary>The clone that the tests run in.</summary>
internal static class Repository
{
    public static readonly string Root = FindRoot();

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Grid.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Grid.sln is in no folder above the tests.");
        return folder;
    }
}
