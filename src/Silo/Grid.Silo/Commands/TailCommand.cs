using System.CommandLine;
using System.Globalization;
using Grid.Abstractions;
using Grid.Client;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid tail</c>: a table's changes as they commit.</summary>
internal static class TailCommand
{
    private static readonly RowPrinter.Extra[] Extras = [new("_change", false), new("_bucket", true), new("_offset", true), new("_timestamp", false)];
    private static readonly RowPrinter.Extra[] PartitionExtras = [.. Extras, new("_partition", true)];

    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var stopAtEnd = new Option<bool>("--stop-at-end") { Description = "Stop at the present end instead of waiting for more." };
        var command = new GridCommand(console, "tail", "Follow a table's changes: inserts, updates with their before image, deletes.",
            "grid tail air.routes --connect 127.0.0.1:30000\ngrid tail air.routes --from earliest --stop-at-end --data DIR") { table, stopAtEnd };
        var read = new ReadArguments(command, "latest");
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            var options = new ChangeOptions
            {
                Columns = read.Columns(parsed),
                Where = read.Filter(parsed),
                Start = read.From(parsed) ?? ScanStart.Latest,
                StopAtEnd = parsed.GetValue(stopAtEnd),
            };
            await FollowAsync(output, opened, options, read.Limit(parsed) ?? long.MaxValue, cancellationToken).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The sign of a change kind.</summary>
    public static string Sign(ChangeKind kind) => kind switch
    {
        ChangeKind.UpdateBefore => "-U",
        ChangeKind.UpdateAfter => "+U",
        ChangeKind.Delete => "-D",
        _ => "+I",
    };

    private static async Task FollowAsync(CommandOutput output, GridTable table, ChangeOptions options, long limit, CancellationToken cancellationToken)
    {
        RowPrinter? printer = null;
        await foreach (var batch in table.ChangesAsync(options, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                printer ??= new RowPrinter(output, batch.Rows.Schema, table.Info.IsPartitioned ? PartitionExtras : Extras);
                printer.Print(batch.Rows, 0, (int)Math.Min(batch.RowCount, limit - printer.Rows), (row, extra) => extra switch
                {
                    0 => Sign(batch.KindOf(row)),
                    1 => batch.Bucket.ToString(CultureInfo.InvariantCulture),
                    2 => batch.OffsetOf(row).ToString(),
                    3 => batch.Timestamp.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
                    _ => batch.Partition.ToString(),
                });
            }

            // A follower sees each batch at once, whatever the widths of later ones.
            printer.Flush();
            if (printer.Rows >= limit)
                return;
        }
    }
}
