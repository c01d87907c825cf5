using System.Diagnostics;
using System.Text.Json;

namespace Grid.Testing;

/// <summary>A folder with a package.json beside the tests: installs itself once from its lock file, into a folder of this build, and runs scripts in Node processes.</summary>
/// <param name="name">The folder, below that of the tests.</param>
/// <param name="package">One of its packages: where that is, all are.</param>
public sealed class NpmFolder(string name, string package)
{
    private static readonly SemaphoreSlim Installing = new(1);

    /// <summary>Runs a script of the folder, which prints one JSON document.</summary>
    public async Task<JsonElement> RunAsync(string script, params string[] arguments)
    {
        var folder = await InstalledAsync();
        var output = await RunAsync("node", folder, [Path.Combine(folder, script), .. arguments]);
        return JsonDocument.Parse(output).RootElement;
    }

    private async Task<string> InstalledAsync()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, name);
        await Installing.WaitAsync();
        try
        {
            if (!Directory.Exists(Path.Combine(folder, "node_modules", package)))
            {
                var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
                await RunAsync(npm, folder, ["ci", "--omit=dev", "--no-audit", "--no-fund"]);
            }
        }
        finally
        {
            Installing.Release();
        }

        return folder;
    }

    private static async Task<string> RunAsync(string program, string folder, string[] arguments)
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
