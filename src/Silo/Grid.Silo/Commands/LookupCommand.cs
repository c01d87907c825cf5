using System.CommandLine;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid lookup</c>: a row by its key, or all rows of a key prefix.</summary>
internal static class LookupCommand
{
    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var key = new Argument<string[]>("key") { Description = "The key's values in key order; fewer values, at least the bucket key's, answer all rows that begin with them.", Arity = ArgumentArity.OneOrMore };
        var columns = new Option<string?>("--columns") { Description = "Only these columns, in this order.", HelpName = "A,B" };
        var command = new GridCommand(console, "lookup", "Look a row up by its key, or all rows by the first columns of their key. Exit code 1: there is none.",
            "grid lookup air.airports SFO --data DIR\ngrid lookup air.routes SFO --columns destination,flights --data DIR") { table, key, columns };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var texts = parsed.GetRequiredValue(key);
            var values = KeyArguments.Parse(opened.Info, texts);
            var wanted = ColumnArguments.Names(parsed.GetValue(columns));
            var rows = values.Length == opened.Info.Schema.PrimaryKey.Length
                ? await LookupAsync(output, opened, values, wanted, cancellationToken).ConfigureAwait(false)
                : await PrefixLookupAsync(output, opened, values, wanted, cancellationToken).ConfigureAwait(false);
            if (rows > 0)
                return ExitCode.Ok;
            output.Note($"{opened.Info.Path} has no row with the key {string.Join(", ", texts)}.");
            return ExitCode.Failed;
        });
        return command;
    }

    private static async Task<long> LookupAsync(CommandOutput output, GridTable table, object?[] key, string[]? columns, CancellationToken cancellationToken)
    {
        var row = await table.LookupAsync(key, columns, cancellationToken).ConfigureAwait(false);
        if (row is null)
            return 0;
        var printer = new RowPrinter(output, row.Schema, []);
        printer.Print(row, 0, row.Length);
        printer.Flush();
        return printer.Rows;
    }

    private static async Task<long> PrefixLookupAsync(CommandOutput output, GridTable table, object?[] prefix, string[]? columns, CancellationToken cancellationToken)
    {
        RowPrinter? printer = null;
        await foreach (var batch in table.PrefixLookupAsync(prefix, columns, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                printer ??= new RowPrinter(output, batch.Rows.Schema, []);
                printer.Print(batch.Rows, 0, batch.RowCount);
            }
        }

        printer?.Flush();
        return printer?.Rows ?? 0;
    }
}
