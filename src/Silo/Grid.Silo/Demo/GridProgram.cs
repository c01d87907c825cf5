using System.Diagnostics;

namespace Grid.Silo.Demo;

/// <summary>This program, to be started once more.</summary>
internal static class GridProgram
{
    /// <summary>A start with these arguments, its streams redirected.</summary>
    public static ProcessStartInfo Start(params string[] arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        var program = Environment.ProcessPath ?? "dotnet";
        // Started as the tool itself the process is its own program; started by 'dotnet Grid.Silo.dll' or from a test it is the runtime's.
        if (Path.GetFileNameWithoutExtension(program) is "Grid.Silo" or "grid")
        {
            start.FileName = program;
        }
        else
        {
            start.FileName = Path.GetFileNameWithoutExtension(program) == "dotnet" ? program : "dotnet";
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(GridProgram).Assembly.Location);
        }

        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
