using System.CommandLine;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid scan</c>: the rows of a table up to its present end.</summary>
internal static class ScanCommand
{
    // The most rows that a limit scan of the client answers in one piece.
    private const long LimitScanRowsMax = 100_000;

    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var count = new Option<bool>("--count") { Description = "Only count the rows." };
        var command = new GridCommand(console, "scan", "Read the rows of a table up to its present end.",
            "grid scan air.flights --columns origin,destination,delay --filter \"delay > 600\" --data DIR\ngrid scan air.flights --count --data DIR") { table, count };
        var read = new ReadArguments(command, "earliest");
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var options = Options(read, parsed);
            if (parsed.GetValue(count))
                await CountAsync(output, opened, options, cancellationToken).ConfigureAwait(false);
            else if (opened.Info.HasPrimaryKey && options is { Where: null } && read.Limit(parsed) is { } limit and <= LimitScanRowsMax)
                await FirstAsync(output, opened, (int)limit, options.Columns, cancellationToken).ConfigureAwait(false);
            else
                await PrintAsync(output, opened, options, read.Limit(parsed) ?? long.MaxValue, cancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The scan that the command line asks for.</summary>
    public static ScanOptions Options(ReadArguments read, ParseResult parsed)
    {
        var options = new ScanOptions { Columns = read.Columns(parsed), Where = read.Filter(parsed) };
        return read.From(parsed) is { } start ? options with { Start = start } : options;
    }

    private static async Task CountAsync(CommandOutput output, GridTable table, ScanOptions options, CancellationToken cancellationToken)
    {
        // Without columns the server sends row counts only.
        var rows = 0L;
        await foreach (var batch in table.ScanAsync(options with { Columns = [] }, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
                rows += batch.RowCount;
        }

        if (output.Json)
            output.JsonObject(json => json.WriteNumber("rows", rows));
        else
            output.Console.Out.WriteLine(Humane.Count(rows));
    }

    // The first rows of a primary-key table come in key order.
    private static async Task FirstAsync(CommandOutput output, GridTable table, int rows, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        var batch = await table.LimitScanAsync(rows, columns, cancellationToken).ConfigureAwait(false);
        var printer = new RowPrinter(output, batch.Schema, []);
        printer.Print(batch, 0, batch.Length);
        printer.Flush();
    }

    private static async Task PrintAsync(CommandOutput output, GridTable table, ScanOptions options, long limit, CancellationToken cancellationToken)
    {
        RowPrinter? printer = null;
        await foreach (var batch in table.ScanAsync(options, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                printer ??= new RowPrinter(output, batch.Rows.Schema, []);
                printer.Print(batch.Rows, 0, (int)Math.Min(batch.RowCount, limit - printer.Rows));
            }

            if (printer.Rows >= limit)
                break;
        }

        printer?.Flush();
        if (!output.Json)
            output.Note($"{Humane.Count(printer?.Rows ?? 0)} rows");
    }
}
