using System.CommandLine;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Formats;

namespace Grid.Silo.Commands;

/// <summary><c>grid export</c>: a table's rows into a file.</summary>
internal static class ExportCommand
{
    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var file = new Argument<string>("file") { Description = "A .parquet, .csv, .tsv, .arrow or .arrows file to write." };
        var force = new Option<bool>("--force") { Description = "Replace the file where it exists." };
        var command = new GridCommand(console, "export", "Export a table's rows up to its present end into a file.",
            "grid export air.flights delays.parquet --columns origin,delay --filter \"delay > 60\" --data DIR") { table, file, force };
        var read = new ReadArguments(command, "earliest");
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(file);
            TableFiles.RequireKnown(path);
            if (File.Exists(path) && !parsed.GetValue(force))
                throw new GridException(GridErrorCode.AlreadyExists, $"'{path}' exists; choose another name or replace it with --force.");
            var options = ScanCommand.Options(read, parsed);
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var (rows, time) = await TransferProgress.RunAsync(output, $"export {opened.Info.Path}", null,
                report => WriteAsync(opened, options, read.Limit(parsed) ?? long.MaxValue, path, report, cancellationToken)).ConfigureAwait(false);
            TransferProgress.Report(output, "Exported", $"to {path}", rows, time);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<long> WriteAsync(GridTable table, ScanOptions options, long limit, string path, Action<long> report, CancellationToken cancellationToken)
    {
        var schema = table.Info.Schema;
        var columns = options.Columns is { } names ? names.Select(name => schema.GetColumn(name).Id).ToArray() : null;
        // Beside the file, then renamed: a file of that name is whole.
        var unfinished = path + ".part";
        var rows = 0L;
        try
        {
            var writer = TableFiles.Create(path, unfinished, ArrowSchemas.ToArrow(schema, columns, change: false, version: false));
            await using (writer.ConfigureAwait(false))
            {
                await foreach (var batch in table.ScanAsync(options, cancellationToken).ConfigureAwait(false))
                {
                    using (batch)
                    {
                        var take = (int)Math.Min(batch.RowCount, limit - rows);
                        await writer.WriteAsync(take == batch.RowCount ? batch.Rows : batch.Rows.Slice(0, take), cancellationToken).ConfigureAwait(false);
                        rows += take;
                    }

                    report(rows);
                    if (rows >= limit)
                        break;
                }

                await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }

        return rows;
    }
}
