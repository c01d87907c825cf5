using System.Globalization;
using Grid.Silo.Cli;
using Spectre.Console;

namespace Grid.Silo.Demo;

/// <summary>One thing that the demo did.</summary>
/// <param name="Name">What.</param>
/// <param name="Result">What came out, for people.</param>
/// <param name="Time">How long it took.</param>
internal sealed record DemoStep(string Name, string Result, TimeSpan Time)
{
    /// <summary>Rows that took part; 0: it is not about rows.</summary>
    public long Rows { get; init; }

    /// <summary>Bytes that took part; 0: they were not counted.</summary>
    public long Bytes { get; init; }
}

/// <summary>Tells what the demo does while it does it, and sums it up at the end.</summary>
internal sealed class DemoReport(CommandOutput output)
{
    // A rate of fewer rows says nothing.
    private const int RowsForRate = 1000;

    private readonly List<DemoStep> _steps = [];
    private readonly IAnsiConsole _console = output.Console.Rich();

    /// <summary>Begins a chapter.</summary>
    public void Chapter(string title, string what)
    {
        if (output.Json)
            return;
        _console.WriteLine();
        _console.MarkupLineInterpolated($"[bold]{title}[/]  {what}");
    }

    /// <summary>Ends a step.</summary>
    public void Step(DemoStep step)
    {
        _steps.Add(step);
        if (output.Json)
            return;
        _console.MarkupLineInterpolated($"  [green]ok[/]  {step.Name,-34} {step.Result}  [dim]{Humane.Time(step.Time)}[/]");
        output.Console.Out.Flush();
    }

    /// <summary>Shows something found.</summary>
    public void Show(string line)
    {
        if (!output.Json)
            _console.WriteLine("      " + line);
    }

    /// <summary>The summary.</summary>
    /// <param name="directory">Where the data is.</param>
    /// <param name="command">A command that looks at what was left there; null: the directory goes.</param>
    /// <param name="time">How long all of it took.</param>
    public void Finish(string directory, string? command, TimeSpan time)
    {
        if (output.Json)
        {
            WriteJson(directory, command is not null, time);
            return;
        }

        _console.WriteLine();
        output.Table(["step", "rows", "bytes", "time", "rows/s"], _steps.Select(step => new[]
        {
            step.Name, step.Rows > 0 ? Humane.Count(step.Rows) : "", step.Bytes > 0 ? Humane.Bytes(step.Bytes) : "",
            Humane.Time(step.Time), step.Rows >= RowsForRate ? Humane.Rate(step.Rows, step.Time) : "",
        }), 1, 2, 3, 4);
        _console.WriteLine($"Nothing acknowledged was lost. {Humane.Time(time)} in all.");
        _console.WriteLine(command is not null ? $"The data is in {directory}; try: {command}" : "The demo's directory is gone; --keep leaves it there.");
    }

    private void WriteJson(string directory, bool kept, TimeSpan time) => output.JsonObject(json =>
    {
        json.WriteBoolean("ok", true);
        json.WriteNumber("seconds", Math.Round(time.TotalSeconds, 3));
        if (kept)
            json.WriteString("directory", directory);
        json.WriteStartArray("steps");
        foreach (var step in _steps)
        {
            json.WriteStartObject();
            json.WriteString("step", step.Name);
            json.WriteString("result", step.Result);
            if (step.Rows > 0)
                json.WriteNumber("rows", step.Rows);
            if (step.Bytes > 0)
                json.WriteNumber("bytes", step.Bytes);
            json.WritePropertyName("seconds");
            json.WriteRawValue(step.Time.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
