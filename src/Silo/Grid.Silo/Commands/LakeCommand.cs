using System.CommandLine;
using System.Globalization;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid lake</c>: how far tables are in the lake.</summary>
internal static class LakeCommand
{
    public static Command Build(CliConsole console) => new GridCommandGroup("lake", "The lake: how far tables are in it.", "grid lake status air.flights --connect HOST:PORT")
    {
        Status(console),
        Flush(console),
        Compact(console),
    };

    private static GridCommand Status(CliConsole console)
    {
        var table = Table();
        var command = new GridCommand(console, "status",
            "Show a table's lake table: where it is, what it has, and for each bucket the first offset that is not in it yet. The high watermark is the one that the bucket's leader reported last.",
            "grid lake status air.flights --connect HOST:PORT\ngrid lake status air.flights --json --data DIR") { table };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            await using (opened.ConfigureAwait(false))
                Write(output, opened.Info, await opened.GetLakeStatusAsync(cancellationToken).ConfigureAwait(false));
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Flush(CliConsole console)
    {
        var table = Table();
        var command = new GridCommand(console, "flush", "Bring what a table has committed so far into the lake now, and wait for it.", "grid lake flush air.flights --connect HOST:PORT") { table };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            await using (opened.ConfigureAwait(false))
                Write(output, opened.Info, await opened.FlushLakeAsync(cancellationToken).ConfigureAwait(false));
            return ExitCode.Ok;
        });
        return command;
    }

    private static GridCommand Compact(CliConsole console)
    {
        var table = Table();
        var command = new GridCommand(console, "compact",
            "Rewrite the small files of a table's lake into large ones now, and those of which rows are gone, and wait for it. It is done by itself where it is worth it (Grid:LakeCompaction); this rewrites all of them.",
            "grid lake compact air.flights --connect HOST:PORT") { table };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var opened = await session.Client.OpenTableAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false);
            await using (opened.ConfigureAwait(false))
                Write(output, opened.Info, await opened.CompactLakeAsync(cancellationToken).ConfigureAwait(false));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> Table() => new("table") { Description = "database.table" };

    private static void Write(CommandOutput output, TableInfo table, LakeStatus status)
    {
        if (output.Json)
        {
            output.JsonObject(json =>
            {
                json.WriteString("table", table.Path.ToString());
                json.WriteString("activity", status.Activity.ToString().ToLowerInvariant());
                json.WriteString("location", status.Location);
                json.WriteNumber("version", status.Version);
                if (status.Snapshot is { } snapshot)
                    json.WriteNumber("snapshot", snapshot);
                else
                    json.WriteNull("snapshot");
                json.WriteNumber("committedMs", status.CommittedMs);
                json.WriteNumber("files", status.Files);
                json.WriteNumber("rows", status.Rows);
                json.WriteNumber("bytes", status.Bytes);
                json.WriteNumber("backlog", status.Backlog);
                json.WriteString("failure", status.Failure);
                WriteNumber("smallFiles", status.SmallFiles);
                WriteNumber("compactedMs", status.CompactedMs);
                json.WriteBoolean("compacting", status.IsCompacting);
                json.WriteString("compactionFailure", status.CompactionFailure);
                json.WriteStartArray("buckets");
                foreach (var bucket in status.Buckets)
                {
                    json.WriteStartObject();
                    if (table.IsPartitioned)
                        json.WriteNumber("partitionId", bucket.Partition.Value);
                    json.WriteNumber("bucket", bucket.Number);
                    json.WriteNumber("tiered", bucket.Tiered.Value);
                    if (bucket.HighWatermark is { } end)
                        json.WriteNumber("highWatermark", end.Value);
                    else
                        json.WriteNull("highWatermark");
                    json.WriteEndObject();
                }

                json.WriteEndArray();

                void WriteNumber(string name, long? number)
                {
                    if (number is { } known)
                        json.WriteNumber(name, known);
                    else
                        json.WriteNull(name);
                }
            });
            return;
        }

        output.Console.Out.WriteLine($"{table.Path}  lake {Activity(status)}");
        if (status.Location is not null)
            output.Console.Out.WriteLine($"{status.Location}  version {status.Version}, {Humane.Count(status.Files)} files, {Humane.Count(status.Rows)} rows, {Humane.Bytes(status.Bytes)}, "
                + $"committed {DateTimeOffset.FromUnixTimeMilliseconds(status.CommittedMs):yyyy-MM-ddTHH:mm:ssZ}");
        if (Files(status) is { Length: > 0 } files)
            output.Console.Out.WriteLine(files);
        string[] first = table.IsPartitioned ? ["partition id"] : [];
        output.Table([.. first, "bucket", "in the lake", "committed", "not in the lake"], status.Buckets.Select(bucket => (string[])
        [
            .. table.IsPartitioned ? [bucket.Partition.ToString()] : first,
            bucket.Number.ToString(CultureInfo.InvariantCulture), Humane.Count(bucket.Tiered.Value),
            bucket.HighWatermark is { } end ? Humane.Count(end.Value) : "", bucket.HighWatermark is null ? "" : Humane.Count(bucket.Backlog),
        ]), [.. Enumerable.Range(first.Length + 1, 3)]);
    }

    /// <summary>What is known of small files; nothing where nobody looked at them yet.</summary>
    private static string Files(LakeStatus status)
    {
        var parts = new List<string>();
        if (status.SmallFiles is { } small)
            parts.Add($"{Humane.Count(small)} small files");
        if (status.IsCompacting)
            parts.Add("compacting");
        if (status.CompactedMs is { } compacted)
            parts.Add($"compacted {DateTimeOffset.FromUnixTimeMilliseconds(compacted):yyyy-MM-ddTHH:mm:ssZ}");
        if (status.CompactionFailure is { } failure)
            parts.Add($"not compacted: {failure}");
        return string.Join(", ", parts);
    }

    private static string Activity(LakeStatus status) => status.Activity switch
    {
        LakeActivity.Off => "off",
        LakeActivity.Tiering => "tiering",
        LakeActivity.Failing => $"failing: {status.Failure}",
        _ => status.Backlog > 0 ? "waits for the freshness to be due" : "up to date",
    };
}
