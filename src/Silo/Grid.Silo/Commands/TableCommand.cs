using System.CommandLine;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid table</c>: tables.</summary>
internal static class TableCommand
{
    public static Command Build(CliConsole console) => new GridCommandGroup(
        "table", "Tables: create, list, describe, alter, drop.", "grid table create air.routes origin:string destination:string flights:int64 --key origin,destination --data DIR")
    {
        TableCreateCommand.Build(console),
        List(console),
        TableDescribeCommand.Build(console),
        TableAlterCommand.Build(console),
        Drop(console),
    };

    private static GridCommand List(CliConsole console)
    {
        var database = new Argument<string?>("database") { Description = "Only the tables of this database.", Arity = ArgumentArity.ZeroOrOne };
        var command = new GridCommand(console, "list", "List the tables.", "grid table list air --data DIR") { database };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var paths = await session.Client.ListTablesAsync(parsed.GetValue(database), cancellationToken).ConfigureAwait(false);
            foreach (var path in paths)
            {
                if (output.Json)
                    output.JsonObject(json => json.WriteString("table", path.ToString()));
                else
                    output.Console.Out.WriteLine(path.ToString());
            }

            if (paths.IsEmpty && !output.Json)
                output.Note("There are no tables yet; make one with 'grid table create' or 'grid import --create'.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Drop(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var ifExists = new Option<bool>("--if-exists") { Description = "Succeed where there is none." };
        var command = new GridCommand(console, "drop", "Drop a table and its rows.", "grid table drop air.routes --data DIR") { table, ifExists };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var path = parsed.GetRequiredValue(table);
            await session.Client.DropTableAsync(path, parsed.GetValue(ifExists), cancellationToken).ConfigureAwait(false);
            if (output.Json)
                output.JsonObject(json => json.WriteString("dropped", path));
            else
                output.Note($"Table {path} is dropped.");
            return ExitCode.Ok;
        });
        return command;
    }
}
