using System.Text.Json;
using Grid.Testing;

namespace Grid.Storage.Tests.Foreign;

/// <summary>npm apache-arrow in a Node process.</summary>
internal static class ForeignReader
{
    private static readonly NpmFolder Folder = new("Foreign", "apache-arrow");

    public static Task<JsonElement> ReadAsync(string arrowFile) => Folder.RunAsync("read.mjs", arrowFile);
}
