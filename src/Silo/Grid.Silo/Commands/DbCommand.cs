using System.CommandLine;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid db</c>: databases.</summary>
internal static class DbCommand
{
    public static Command Build(CliConsole console) => new GridCommandGroup("db", "Databases: create, list, drop.", "grid db create air --data DIR")
    {
        Create(console),
        List(console),
        Drop(console),
    };

    private static GridCommand Create(CliConsole console)
    {
        var name = new Argument<string>("name") { Description = "The database's name." };
        var ifNotExists = new Option<bool>("--if-not-exists") { Description = "Succeed where it exists already." };
        var command = new GridCommand(console, "create", "Make a database.", "grid db create air --data DIR") { name, ifNotExists };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var database = parsed.GetRequiredValue(name);
            await session.Client.CreateDatabaseAsync(database, parsed.GetValue(ifNotExists), cancellationToken).ConfigureAwait(false);
            if (output.Json)
                output.JsonObject(json => json.WriteString("database", database));
            else
                output.Note($"Database {database} is there.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand List(CliConsole console)
    {
        var command = new GridCommand(console, "list", "List the databases.", "grid db list --data DIR");
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var names = await session.Client.ListDatabasesAsync(cancellationToken).ConfigureAwait(false);
            foreach (var name in names)
            {
                if (output.Json)
                    output.JsonObject(json => json.WriteString("database", name));
                else
                    output.Console.Out.WriteLine(name);
            }

            if (names.IsEmpty && !output.Json)
                output.Note("There are no databases yet; make one with 'grid db create NAME'.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Drop(CliConsole console)
    {
        var name = new Argument<string>("name") { Description = "The database's name." };
        var command = new GridCommand(console, "drop", "Drop an empty database.", "grid db drop air --data DIR") { name };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var database = parsed.GetRequiredValue(name);
            await session.Client.DropDatabaseAsync(database, cancellationToken).ConfigureAwait(false);
            if (output.Json)
                output.JsonObject(json => json.WriteString("dropped", database));
            else
                output.Note($"Database {database} is dropped.");
            return ExitCode.Ok;
        });
        return command;
    }
}
