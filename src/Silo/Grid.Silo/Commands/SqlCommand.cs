using System.CommandLine;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Sql;
using Grid.Sql;

namespace Grid.Silo.Commands;

/// <summary><c>grid sql</c>: statements over tables, from the command line, a file, the input, or a prompt.</summary>
internal static class SqlCommand
{
    public static Command Build(CliConsole console)
    {
        var statement = new Argument<string?>("statement") { Description = "One statement. Without: a prompt, or the statements of the input, each ended by ';'.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--file") { Description = "Run the statements of a file, each ended by ';'.", HelpName = "FILE" };
        var csv = new Option<bool>("--csv") { Description = "Write rows as comma-separated text with a header." };
        var timeout = new Option<string>("--timeout") { Description = "How long a statement may take; 0: as long as it takes.", HelpName = "TIME", DefaultValueFactory = _ => "5m" };
        var memory = new Option<string>("--memory") { Description = "Memory that a statement may take.", HelpName = "BYTES", DefaultValueFactory = _ => "1GiB" };
        var command = new GridCommand(console, "sql", "Query tables with SQL (DuckDB's dialect, read only): what is in the lake and what is in the log as one table.",
            "grid sql \"select origin, count(*) from air.flights group by all order by 2 desc limit 5\" --data DIR\ngrid sql --file report.sql --csv --connect HOST:PORT\ngrid sql --data DIR")
        {
            statement, file, csv, timeout, memory,
        };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var (text, path, asCsv) = (parsed.GetValue(statement), parsed.GetValue(file), parsed.GetValue(csv));
            if (text is not null && path is not null)
                throw new UsageException("A statement and --file exclude each other: give one of them.");
            if (asCsv && output.Json)
                throw new UsageException("--csv and --json exclude each other: choose a form.");
            var options = Options(parsed.GetRequiredValue(timeout), parsed.GetRequiredValue(memory));
            var script = path is null ? null : await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var sql = GridSql.Open(session.Client, options);
            await using (sql.ConfigureAwait(false))
            {
                var printer = new SqlPrinter(sql, output, asCsv);
                if (text is not null)
                    await printer.RunAsync(text, cancellationToken).ConfigureAwait(false);
                else if (script is not null)
                    await printer.RunAllAsync(new StringReader(script), cancellationToken).ConfigureAwait(false);
                else if (console.InIsTerminal)
                    await new SqlPrompt(console, printer, new SqlCompletion(session.Client)).RunAsync(cancellationToken).ConfigureAwait(false);
                else
                    await printer.RunAllAsync(console.In, cancellationToken).ConfigureAwait(false);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static GridSqlOptions Options(string timeout, string memory)
    {
        var ms = Durations.ParseMs("--timeout", timeout);
        return new GridSqlOptions { Timeout = ms == 0 ? null : TimeSpan.FromMilliseconds(ms), MemoryBytesMax = Durations.ParseBytes("--memory", memory) };
    }
}
