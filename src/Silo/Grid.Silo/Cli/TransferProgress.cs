using System.Diagnostics;
using Spectre.Console;

namespace Grid.Silo.Cli;

/// <summary>Shows how a transfer of rows goes: a bar on a terminal, one line at its end everywhere.</summary>
internal static class TransferProgress
{
    /// <summary>Runs a transfer.</summary>
    /// <param name="output">Where it shows.</param>
    /// <param name="title">What is transferred.</param>
    /// <param name="total">The number of rows, where it is known.</param>
    /// <param name="work">The work; it reports the rows done so far and answers their number.</param>
    public static async Task<(long Rows, TimeSpan Time)> RunAsync(CommandOutput output, string title, long? total, Func<Action<long>, Task<long>> work)
    {
        var watch = Stopwatch.StartNew();
        if (!output.Console.ErrorIsTerminal)
        {
            var quiet = await work(_ => { }).ConfigureAwait(false);
            return (quiet, watch.Elapsed);
        }

        var rows = 0L;
        await output.Console.RichError().Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total ?? 1));
                task.IsIndeterminate = total is null;
                rows = await work(done =>
                {
                    task.Value = total is null ? 0 : done;
                    task.Description = Markup.Escape($"{title}  {Humane.Count(done)} rows, {Humane.Rate(done, watch.Elapsed)} rows/s");
                }).ConfigureAwait(false);
            }).ConfigureAwait(false);
        return (rows, watch.Elapsed);
    }

    /// <summary>Says how it went.</summary>
    public static void Report(CommandOutput output, string verb, string what, long rows, TimeSpan time)
    {
        if (output.Json)
        {
            output.JsonObject(json =>
            {
                json.WriteNumber("rows", rows);
                json.WriteNumber("seconds", Math.Round(time.TotalSeconds, 3));
            });
            return;
        }

        output.Note($"{verb} {Humane.Count(rows)} rows {what} in {Humane.Time(time)}, {Humane.Rate(rows, time)} rows/s.");
    }
}
