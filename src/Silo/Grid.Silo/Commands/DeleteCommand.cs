using System.CommandLine;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Silo.Cli;
using Grid.Silo.Formats;

namespace Grid.Silo.Commands;

/// <summary><c>grid delete</c>: a row by its key.</summary>
internal static class DeleteCommand
{
    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var key = new Argument<string[]>("key") { Description = "The key's values in key order.", Arity = ArgumentArity.OneOrMore };
        var command = new GridCommand(console, "delete", "Delete a row by its key; deleting what is not there succeeds.", "grid delete air.airports SFO --data DIR") { table, key };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            using var keys = Batch(opened.Info, parsed.GetRequiredValue(key));
            var result = await opened.DeleteAsync(keys, cancellationToken: cancellationToken).ConfigureAwait(false);
            WriteCommand.Report(output, result);
            return ExitCode.Ok;
        });
        return command;
    }

    private static RecordBatch Batch(TableInfo table, string[] texts)
    {
        var schema = table.Schema;
        _ = KeyArguments.Parse(table, texts);
        if (texts.Length < schema.PrimaryKey.Length)
            throw new GridException(GridErrorCode.InvalidKey,
                $"The key of {table.Path} has {schema.PrimaryKey.Length} columns ({string.Join(", ", schema.PrimaryKey.Select(id => schema.GetColumn(id).Name))}), {texts.Length} were given; name all.");
        var columns = schema.PrimaryKey.Select(schema.GetColumn).ToArray();
        var arrays = new IArrowArray[columns.Length];
        for (var i = 0; i < arrays.Length; i++)
        {
            var builder = ColumnBuilder.For(columns[i]);
            builder.AppendText(texts[i]);
            arrays[i] = builder.Build();
        }

        return new RecordBatch(RowFormat.ArrowSchema(columns), arrays, 1);
    }
}
