using System.Runtime.InteropServices;
using System.Text.Json;
using Grid.Testing;

namespace Grid.Storage.Tests.Foreign;

/// <summary>npm chdb (ClickHouse in process) and npm icebird: two engines that know Iceberg and nothing of Grid.</summary>
internal static class LakeReaders
{
    private static readonly NpmFolder Folder = new(Path.Combine("Foreign", "Lake"), "icebird");

    /// <summary>ClickHouse has no build for Windows, and of the others this is the one that was tried.</summary>
    public static bool HasClickHouse => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>What ClickHouse answers to each query (LAKE is the table), and all rows as icebird reads them.</summary>
    public static async Task<(JsonElement[][] ClickHouse, JsonElement[] Icebird)> ReadAsync(string folder, string location, params string[] queries)
    {
        var read = await Folder.RunAsync("read.mjs", [folder, location, .. HasClickHouse ? queries : []]);
        return ([.. read.GetProperty("chdb").EnumerateArray().Select(rows => rows.EnumerateArray().ToArray())], [.. read.GetProperty("icebird").EnumerateArray()]);
    }

    /// <summary>What ClickHouse answers to each query of a table in Azure Blob Storage (LAKE is the table).</summary>
    public static async Task<JsonElement[][]> ReadAzureAsync(string connection, string container, string path, params string[] queries) =>
        [.. (await Folder.RunAsync("azure.mjs", [connection, container, path, .. queries])).EnumerateArray().Select(rows => rows.EnumerateArray().ToArray())];

    /// <summary>ClickHouse runs statements, LAKE is the table's engine.</summary>
    public static Task WriteAsync(string folder, params string[] statements) => Folder.RunAsync("write.mjs", [folder, .. statements]);
}
