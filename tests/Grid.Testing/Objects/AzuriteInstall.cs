using System.Diagnostics;

namespace Grid.Testing.Objects;

/// <summary>Installs the emulator from <c>azurite/package-lock.json</c> where it is missing; one process at a time, the others wait and find it there.</summary>
internal static class AzuriteInstall
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(200);

    /// <summary>The emulator's folder, with the emulator in it.</summary>
    public static async Task<string> RunAsync()
    {
        var folder = FindFolder();
        if (IsInstalled(folder))
            return folder;
        await using var installing = await LockAsync(Path.Combine(folder, ".install.lock"));
        if (!IsInstalled(folder))
            await InstallAsync(folder);
        return folder;
    }

    // npm writes its own lock file into node_modules last: a folder without it is an install that was cut off.
    private static bool IsInstalled(string folder) =>
        File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")) && Directory.Exists(Path.Combine(folder, "node_modules", "azurite"));

    private static async Task InstallAsync(string folder)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "ci", "--no-audit", "--no-fund", "--loglevel=error" })
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("npm did not start; the README's prerequisites name Node 20.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"npm ci in {folder} ended with {process.ExitCode}: {await output}{errors}");
    }

    /// <summary>An open file that only one process can have; the operating system closes it if that process dies.</summary>
    private static async Task<FileStream> LockAsync(string path)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < WaitMax)
            {
                await Task.Delay(PollTime); // another process installs
            }
        }
    }

    private static string FindFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Grid.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Grid.sln is in no folder above the tests.");
        return Path.Combine(folder, "azurite");
    }
}
