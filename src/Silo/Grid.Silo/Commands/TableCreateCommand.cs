using System.CommandLine;
using Grid.Abstractions;
using Grid.Silo.Cli;
using Grid.Silo.Formats;

namespace Grid.Silo.Commands;

/// <summary><c>grid table create</c>: from <c>name:type</c> pairs or from a file's schema.</summary>
internal static class TableCreateCommand
{
    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table; the database is made where it does not exist." };
        var columns = new Argument<string[]>("columns")
        {
            Description = "Columns as name:type, not null with a ! behind: origin:string! 'amount:decimal(10,2)' tags:list<string>.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var like = new Option<string?>("--like") { Description = "Take the columns of this Parquet, CSV or Arrow file.", HelpName = "FILE" };
        var key = new Option<string?>("--key") { Description = "The primary key's columns in order; without: a log table.", HelpName = "A,B" };
        var bucketKey = new Option<string?>("--bucket-key") { Description = "The columns that choose the bucket; default: the primary key, without its partition columns.", HelpName = "A" };
        var partition = new Option<string?>("--partition") { Description = "The columns that partition the table; of a primary-key table part of the key. Rows of each value lie apart and go together.", HelpName = "A,B" };
        var ifNotExists = new Option<bool>("--if-not-exists") { Description = "Succeed where it exists already." };
        var command = new GridCommand(console, "create", "Make a table.",
            "grid table create air.routes origin:string destination:string flights:int64 --key origin,destination --bucket-key origin --data DIR\n"
            + "grid table create air.flights --like samples/flights-3m.parquet --data DIR\n"
            + "grid table create air.events day:string id:int64 --partition day --partition-unit day --partition-keep 7 --data DIR")
        {
            table, columns, like, key, bucketKey, partition, ifNotExists,
        };
        var options = new TableOptionsArguments(command, creating: true);
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var wanted = Columns(parsed.GetValue(columns) ?? [], parsed.GetValue(like));
            var request = TableMaker.Request(parsed.GetRequiredValue(table), wanted, parsed.GetValue(key), parsed.GetValue(bucketKey),
                options.Apply(parsed, new TableOptions()), parsed.GetValue(ifNotExists)) with
            { PartitionBy = [.. ColumnArguments.Names(parsed.GetValue(partition)) ?? []] };
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var made = await TableMaker.CreateAsync(session.Client, request, cancellationToken).ConfigureAwait(false);
            TableDescribeCommand.Write(output, made.Info);
            return ExitCode.Ok;
        });
        return command;
    }

    private static IReadOnlyList<Column> Columns(string[] pairs, string? like)
    {
        if (pairs.Length > 0 == like is not null)
            throw new UsageException("Give the columns as name:type pairs, or --like FILE to take them from a file; one of both.");
        if (like is null)
            return [.. pairs.Select(ColumnArguments.Parse)];
        using var file = TableFiles.Open(like, new Dictionary<string, DataType>());
        return file.Columns;
    }
}
