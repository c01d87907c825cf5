using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;

namespace Grid.Bench.Harness;

/// <summary>Prints the table and keeps it as Markdown with machine and commit.</summary>
internal sealed class BenchReport(string commandLine)
{
    private readonly List<(BenchJob Job, BenchResult Result)> _results = [];

    public void Add(BenchJob job, BenchResult result) => _results.Add((job, result));

    public void Print()
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("job", "figure", "against", "asked", "reached", "");
        foreach (var (job, result) in _results)
        {
            var met = result.Met switch { true => "[green]yes[/]", false => "[red]no[/]", null => "" };
            table.AddRow(Markup.Escape(job.Name), Markup.Escape(result.Figure), Markup.Escape(job.Against), Markup.Escape(result.Asked), Markup.Escape(result.Reached), met);
        }

        AnsiConsole.Write(table);
    }

    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        var commit = Git("rev-parse --short HEAD");
        var dirty = Git("status --porcelain --untracked-files=no").Length > 0 ? " with uncommitted changes" : "";
        var now = DateTimeOffset.UtcNow;
        var text = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"# Bench, {now:yyyy-MM-dd HH:mm} UTC, commit {commit}{dirty}")
            .AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"`{commandLine}`")
            .AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores ({RuntimeInformation.ProcessArchitecture}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.")
            .AppendLine("Every ratio is the median of pairs measured in turn in one run; absolute figures drift with the machine.")
            .AppendLine()
            .AppendLine("| job | figure | against | asked | reached | met | detail |")
            .AppendLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var (job, result) in _results)
        {
            var met = result.Met switch { true => "yes", false => "**no**", null => "" };
            text.AppendLine(CultureInfo.InvariantCulture, $"| {job.Name} | {result.Figure} | {job.Against} | {result.Asked} | {result.Reached} | {met} | {result.Detail} |");
        }

        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd-HHmm}-{commit}.md"));
        File.WriteAllText(file, text.ToString());
        return file;
    }

    private static string Git(string arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("git", arguments) { RedirectStandardOutput = true });
        var output = process?.StandardOutput.ReadToEnd().Trim() ?? "";
        process?.WaitForExit();
        return output;
    }
}
