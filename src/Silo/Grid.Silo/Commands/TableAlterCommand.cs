using System.CommandLine;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid table alter</c>: schema changes, all or none, and options.</summary>
internal static class TableAlterCommand
{
    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var drop = Many("--drop", "Drop a column.", "NAME");
        var rename = Many("--rename", "Rename a column.", "OLD=NEW");
        var widen = Many("--widen", "Widen a column: int32 to int64, float32 to float64, a decimal to more digits.", "NAME:TYPE");
        var add = Many("--add", "Add a column, nullable or with a default.", "NAME:TYPE[=DEFAULT]");
        var order = new Option<string?>("--order") { Description = "Put the columns into this order; all of them.", HelpName = "A,B,C" };
        var command = new GridCommand(console, "alter",
            "Change a table's schema and options. Schema changes apply together as one new version: drops first, then renames, widenings, additions, the order.",
            "grid table alter air.routes --add 'carrier:string=unknown' --rename flights=count --data DIR")
        {
            table, drop, rename, widen, add, order,
        };
        var options = new TableOptionsArguments(command, creating: false);
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var changes = new List<SchemaChange>();
            changes.AddRange((parsed.GetValue(drop) ?? []).Select(name => new DropColumn(name)));
            changes.AddRange((parsed.GetValue(rename) ?? []).Select(ParseRename));
            changes.AddRange((parsed.GetValue(widen) ?? []).Select(ColumnArguments.Parse).Select(c => new WidenColumn(c.Name, c.Type)));
            changes.AddRange((parsed.GetValue(add) ?? []).Select(text => new AddColumn(ColumnArguments.ParseWithDefault(text))));
            if (ColumnArguments.Names(parsed.GetValue(order)) is { } names)
                changes.Add(new ReorderColumns([.. names]));

            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var path = parsed.GetRequiredValue(table);
            var before = await session.Client.GetTableInfoAsync(path, cancellationToken).ConfigureAwait(false);
            var wanted = options.Apply(parsed, before.Options);
            if (changes.Count == 0 && wanted == before.Options)
                throw new UsageException("Nothing to change: give --add, --drop, --rename, --widen, --order or an option with a new value.");

            var info = before;
            if (wanted != before.Options)
                info = await session.Client.SetOptionsAsync(path, wanted, cancellationToken).ConfigureAwait(false);
            if (changes.Count > 0)
                info = await session.Client.AlterTableAsync(path, changes, cancellationToken).ConfigureAwait(false);
            TableDescribeCommand.Write(output, info);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<string[]> Many(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore };

    private static RenameColumn ParseRename(string text) =>
        text.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } newName]
            ? new RenameColumn(name, newName)
            : throw new UsageException($"--rename is '{text}'; write OLD=NEW.");
}
