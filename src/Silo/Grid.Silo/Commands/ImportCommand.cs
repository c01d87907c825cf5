using System.CommandLine;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;
using Grid.Silo.Formats;

namespace Grid.Silo.Commands;

/// <summary><c>grid import</c>: a file's rows into a table, which can be made on the way.</summary>
internal static class ImportCommand
{
    public static Command Build(CliConsole console)
    {
        var file = new Argument<string>("file") { Description = "A .parquet, .csv, .tsv, .arrow or .arrows file." };
        var table = new Argument<string>("table") { Description = "database.table" };
        var create = new Option<bool>("--create") { Description = "Make the table from the file's columns, and its database, where they don't exist." };
        var key = new Option<string?>("--key") { Description = "With --create: the primary key's columns in order; without: a log table.", HelpName = "A,B" };
        var bucketKey = new Option<string?>("--bucket-key") { Description = "With --create: the columns that choose the bucket; default: the primary key.", HelpName = "A" };
        var partition = new Option<string?>("--partition") { Description = "With --create: the columns that partition the table.", HelpName = "A,B" };
        var columns = new Option<string?>("--columns") { Description = "Only these columns of the file; with :type, a CSV column is read as that type.", HelpName = "A,B:TYPE" };
        var command = new GridCommand(console, "import", "Import a file into a table: appends to a log table, upserts into a primary-key table.",
            "grid import samples/flights-3m.parquet air.flights --create --data DIR\ngrid import samples/airports.csv air.airports --create --key iata --data DIR")
        {
            file, table, create, key, bucketKey, partition, columns,
        };
        var options = new TableOptionsArguments(command, creating: true);
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var making = parsed.GetValue(create);
            if (!making && (parsed.GetValue(key) ?? parsed.GetValue(bucketKey) ?? parsed.GetValue(partition)) is not null)
                throw new UsageException("--key, --bucket-key and --partition describe a new table; add --create.");
            var (names, types) = Chosen(parsed.GetValue(columns));
            using var reader = TableFiles.Open(parsed.GetRequiredValue(file), types);
            var chosen = Importer.Choose(reader, names);
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var path = parsed.GetRequiredValue(table);
            var opened = making
                ? await TableMaker.CreateAsync(session.Client,
                    TableMaker.Request(path, chosen, parsed.GetValue(key), parsed.GetValue(bucketKey), options.Apply(parsed, new TableOptions()), ifNotExists: true)
                        with
                    { PartitionBy = [.. ColumnArguments.Names(parsed.GetValue(partition)) ?? []] }, cancellationToken).ConfigureAwait(false)
                : await session.Client.OpenTableAsync(path, cancellationToken).ConfigureAwait(false);
            var (rows, time) = await TransferProgress.RunAsync(output, $"import into {path}", reader.Rows,
                report => Importer.RunAsync(reader, chosen, opened, report, cancellationToken)).ConfigureAwait(false);
            TransferProgress.Report(output, "Imported", $"into {path}", rows, time);
            return ExitCode.Ok;
        });
        return command;
    }

    private static (List<string>? Names, Dictionary<string, DataType> Types) Chosen(string? columns)
    {
        var types = new Dictionary<string, DataType>();
        if (columns is null)
            return (null, types);
        var names = new List<string>();
        foreach (var part in ColumnArguments.Split(columns))
        {
            if (!part.Contains(':', StringComparison.Ordinal))
            {
                names.Add(part);
                continue;
            }

            var column = ColumnArguments.Parse(part);
            names.Add(column.Name);
            types.Add(column.Name, column.Type);
        }

        return (names, types);
    }
}
