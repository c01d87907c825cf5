using System.CommandLine;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid append</c> and <c>grid upsert</c>: rows from the command line or from JSON lines.</summary>
internal static class WriteCommand
{
    public static Command BuildAppend(CliConsole console) => Build(console, "append", "Append rows to a log table.",
        "grid append air.flights date=2001-01-31T13:45:00 delay=5 distance=337 origin=SFO destination=LAX --data DIR\n"
        + "grid append air.flights --row - --data DIR < rows.jsonl",
        (table, rows, cancellationToken) => table.AppendAsync(rows.Batch, cancellationToken));

    public static Command BuildUpsert(CliConsole console) => Build(console, "upsert",
        "Upsert rows of a primary-key table; columns that are not named keep their value.",
        "grid upsert air.airports iata=SFO \"name=San Francisco International\" --data DIR\n"
        + "grid upsert air.airports --row '{\"iata\":\"SFO\",\"city\":\"San Francisco\"}' --data DIR",
        (table, rows, cancellationToken) => table.UpsertAsync(rows.Batch, rows.Targets, cancellationToken));

    /// <summary>Says what was written.</summary>
    public static void Report(CommandOutput output, WriteResult result)
    {
        if (!output.Json)
        {
            output.Note($"{Humane.Count(result.Rows)} {(result.Rows == 1 ? "row" : "rows")} acknowledged.");
            return;
        }

        output.JsonObject(json =>
        {
            json.WriteNumber("rows", result.Rows);
            json.WriteStartArray("ranges");
            foreach (var range in result.Ranges)
            {
                json.WriteStartObject();
                json.WriteNumber("bucket", range.Bucket);
                json.WriteNumber("baseOffset", range.BaseOffset.Value);
                json.WriteNumber("endOffset", range.EndOffset.Value);
                json.WriteString("timestamp", range.Timestamp.UtcDateTime);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static GridCommand Build(CliConsole console, string name, string description, string example,
        Func<GridTable, RowBatch, CancellationToken, Task<WriteResult>> write)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var pairs = new Argument<string[]>("values") { Description = "One row as name=value pairs.", Arity = ArgumentArity.ZeroOrMore };
        var nulls = new Option<string?>("--null") { Description = "Columns of the pairs' row that are null.", HelpName = "A,B" };
        var rows = new Option<string[]>("--row") { Description = "A row as a JSON object; '-' reads one a line from the input.", HelpName = "JSON", Arity = ArgumentArity.OneOrMore };
        var command = new GridCommand(console, name, description, example) { table, pairs, nulls, rows };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var given = new RowArguments(parsed.GetValue(pairs) ?? [], ColumnArguments.Names(parsed.GetValue(nulls)) ?? [], parsed.GetValue(rows) ?? [], console.In);
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var results = new List<WriteResult>();
            foreach (var batch in given.Read(opened.Info.Schema))
            {
                using (batch.Batch)
                    results.Add(await write(opened, batch, cancellationToken).ConfigureAwait(false));
            }

            Report(output, new WriteResult(results.Sum(r => r.Rows), [.. results.SelectMany(r => r.Ranges)]));
            return ExitCode.Ok;
        });
        return command;
    }
}
