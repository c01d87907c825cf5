using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid partition</c>: the partitions of a table.</summary>
internal static class PartitionCommand
{
    public static Command Build(CliConsole console) => new GridCommandGroup("partition", "Partitions of a table: list, create, drop.", "grid partition list air.events --data DIR")
    {
        List(console),
        Create(console),
        Drop(console),
    };

    private static GridCommand List(CliConsole console)
    {
        var table = Table();
        var filter = new Option<string?>("--filter") { Description = "Only partitions in which rows may match, for example \"day >= '2026-11-01'\".", HelpName = "CONDITION" };
        var command = new GridCommand(console, "list", "List a table's partitions, in the order in which they were made.",
            "grid partition list air.events --data DIR\ngrid partition list air.events --filter \"day >= '2026-11-01'\" --json --data DIR") { table, filter };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var partitions = await opened.ListPartitionsAsync(parsed.GetValue(filter), cancellationToken).ConfigureAwait(false);
            if (output.Json)
            {
                foreach (var partition in partitions)
                    output.JsonObject(json => Write(json, opened.Info, partition));
                return ExitCode.Ok;
            }

            output.Table(["id", .. opened.Info.Schema.PartitionKey.Select(id => opened.Info.Schema.GetColumn(id).Name), "made"],
                partitions.Select(partition => (string[])[partition.Id.ToString(), .. partition.Values, Time(partition)]), 0);
            output.Note($"{Humane.Count(partitions.Count)} partitions");
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Create(CliConsole console)
    {
        var (table, values) = (Table(), Values());
        var ifNotExists = new Option<bool>("--if-not-exists") { Description = "Succeed where it exists already." };
        var command = new GridCommand(console, "create", "Make a partition.", "grid partition create air.events day=2026-11-25 --data DIR") { table, values, ifNotExists };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var wanted = PartitionArguments.Parse(opened.Info, parsed.GetRequiredValue(values));
            var made = await opened.CreatePartitionAsync(wanted, parsed.GetValue(ifNotExists), cancellationToken).ConfigureAwait(false);
            if (output.Json)
                output.JsonObject(json => Write(json, opened.Info, made));
            else
                output.Note($"Partition {made.ToText(opened.Info.Schema)} of {opened.Info.Path} is there.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Drop(CliConsole console)
    {
        var (table, values) = (Table(), Values());
        var ifExists = new Option<bool>("--if-exists") { Description = "Succeed where there is none." };
        var command = new GridCommand(console, "drop", "Drop a partition and its rows.", "grid partition drop air.events day=2026-11-25 --data DIR") { table, values, ifExists };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var dropped = PartitionArguments.Parse(opened.Info, parsed.GetRequiredValue(values));
            await opened.DropPartitionAsync(dropped, parsed.GetValue(ifExists), cancellationToken).ConfigureAwait(false);
            var text = PartitionValues.ToText(opened.Info.Schema, PartitionValues.Format(opened.Info.Schema, dropped));
            if (output.Json)
                output.JsonObject(json => json.WriteString("dropped", text));
            else
                output.Note($"Partition {text} of {opened.Info.Path} is dropped.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> Table() => new("table") { Description = "database.table" };

    private static Argument<string[]> Values() => new("values") { Description = "A value for each partition column: column=value.", Arity = ArgumentArity.OneOrMore };

    private static void Write(Utf8JsonWriter json, TableInfo table, PartitionInfo partition)
    {
        json.WriteNumber("id", partition.Id.Value);
        json.WriteString("partition", partition.ToText(table.Schema));
        json.WriteStartObject("values");
        for (var i = 0; i < partition.Values.Length; i++)
            json.WriteString(table.Schema.GetColumn(table.Schema.PartitionKey[i]).Name, partition.Values[i]);
        json.WriteEndObject();
        json.WriteNumber("createdMs", partition.CreatedMs);
    }

    private static string Time(PartitionInfo partition) => DateTimeOffset.FromUnixTimeMilliseconds(partition.CreatedMs).ToString("yyyy-MM-dd HH:mm:ssZ", CultureInfo.InvariantCulture);
}
