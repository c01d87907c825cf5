using System.Diagnostics;
using System.Text.Json;

namespace Grid.Storage.Tests.Foreign;

/// <summary>npm apache-arrow in a Node process: installs itself once from the lock file into a folder of this build.</summary>
internal static class ForeignReader
{
    private static readonly SemaphoreSlim Installing = new(1);

    public static async Task<JsonElement> ReadAsync(string arrowFile)
    {
        var folder = await InstalledAsync();
        var output = await RunAsync("node", folder, Path.Combine(folder, "read.mjs"), arrowFile);
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task<string> InstalledAsync()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Foreign");
        await Installing.WaitAsync();
        try
        {
            if (!Directory.Exists(Path.Combine(folder, "node_modules", "apache-arrow")))
            {
                var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
                await RunAsync(npm, folder, "ci", "--omit=dev", "--no-audit", "--no-fund");
            }
        }
        finally
        {
            Installing.Release();
        }

        return folder;
    }

    private static async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start; the README's prerequisites name Node 20.");
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
    }
}
