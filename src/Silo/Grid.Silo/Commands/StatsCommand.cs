using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid stats</c>: sizes and offsets, of a table bucket by bucket or of all tables.</summary>
internal static class StatsCommand
{
    private const int NumberColumns = 10;

    public static Command Build(CliConsole console)
    {
        var table = new Argument<string?>("table") { Description = "database.table, shown bucket by bucket; without: a line for each table.", Arity = ArgumentArity.ZeroOrOne };
        var command = new GridCommand(console, "stats", "Show sizes and offsets.", "grid stats --data DIR\ngrid stats air.flights --data DIR") { table };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(table) is { } path)
            {
                var opened = await session.Client.OpenTableAsync(path, cancellationToken).ConfigureAwait(false);
                var partitions = opened.Info.IsPartitioned ? await opened.ListPartitionsAsync(null, cancellationToken).ConfigureAwait(false) : [];
                WriteBuckets(output, await opened.GetStatusAsync(cancellationToken).ConfigureAwait(false), partitions.ToDictionary(partition => partition.Id, partition => partition.ToText(opened.Info.Schema)));
                return ExitCode.Ok;
            }

            var lines = new List<(TableInfo Table, IReadOnlyList<BucketStatus> Buckets)>();
            foreach (var name in await session.Client.ListTablesAsync(null, cancellationToken).ConfigureAwait(false))
            {
                var opened = await session.Client.OpenTableAsync(name.ToString(), cancellationToken).ConfigureAwait(false);
                lines.Add((opened.Info, await opened.GetStatusAsync(cancellationToken).ConfigureAwait(false)));
            }

            WriteTables(output, lines);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void WriteTables(CommandOutput output, List<(TableInfo Table, IReadOnlyList<BucketStatus> Buckets)> lines)
    {
        if (output.Json)
        {
            foreach (var (table, buckets) in lines)
                output.JsonObject(json =>
                {
                    json.WriteString("table", table.Path.ToString());
                    json.WriteString("kind", table.HasPrimaryKey ? "primary-key" : "log");
                    json.WriteNumber("buckets", buckets.Count);
                    json.WriteNumber("logRows", buckets.Sum(b => b.HighWatermark - b.StartOffset));
                    json.WriteNumber("logBytes", buckets.Sum(b => b.LogBytes));
                    json.WriteNumber("segments", buckets.Sum(b => b.Segments));
                    json.WriteNumber("shardRowsEstimate", buckets.Sum(b => b.ShardRowsEstimate));
                    json.WriteNumber("shardBytes", buckets.Sum(b => b.ShardBytes));
                });
            return;
        }

        output.Table(["table", "kind", "buckets", "log rows", "log", "segments", "shard rows ~", "shard", "last change"], lines.Select(line => new[]
        {
            line.Table.Path.ToString(), line.Table.HasPrimaryKey ? "primary-key" : "log", Humane.Count(line.Buckets.Count),
            Humane.Count(line.Buckets.Sum(b => b.HighWatermark - b.StartOffset)), Humane.Bytes(line.Buckets.Sum(b => b.LogBytes)),
            Humane.Count(line.Buckets.Sum(b => b.Segments)), Humane.Count(line.Buckets.Sum(b => b.ShardRowsEstimate)),
            Humane.Bytes(line.Buckets.Sum(b => b.ShardBytes)), Time(line.Buckets.Select(b => b.LastTimestampMs).DefaultIfEmpty().Max()),
        }), 2, 3, 4, 5, 6, 7);
    }

    /// <summary>Buckets of a table without partitions, which then are none, or of partitions with their texts.</summary>
    private static void WriteBuckets(CommandOutput output, IReadOnlyList<BucketStatus> buckets, Dictionary<PartitionId, string> partitions)
    {
        if (output.Json)
        {
            foreach (var bucket in buckets)
                output.JsonObject(json =>
                {
                    if (bucket.Bucket.Partition.Value != 0)
                    {
                        json.WriteString("partition", partitions.GetValueOrDefault(bucket.Bucket.Partition));
                        json.WriteNumber("partitionId", bucket.Bucket.Partition.Value);
                    }

                    WriteBucket(json, bucket);
                });
            return;
        }

        var isPartitioned = partitions.Count > 0;
        string[] first = isPartitioned ? ["partition"] : [];
        output.Table([.. first, "bucket", "epoch", "start", "high watermark", "log end", "log", "segments", "applied", "shard rows ~", "shard", "last change"], buckets.Select(b => (string[])
        [
            .. isPartitioned ? [partitions.GetValueOrDefault(b.Bucket.Partition) ?? b.Bucket.Partition.ToString()] : first,
            b.Bucket.Number.ToString(CultureInfo.InvariantCulture), b.Epoch.ToString(), Humane.Count(b.StartOffset.Value), Humane.Count(b.HighWatermark.Value),
            Humane.Count(b.LogEndOffset.Value), Humane.Bytes(b.LogBytes), Humane.Count(b.Segments), Humane.Count(b.AppliedOffset.Value),
            Humane.Count(b.ShardRowsEstimate), Humane.Bytes(b.ShardBytes), Time(b.LastTimestampMs),
        ]), [.. Enumerable.Range(first.Length, NumberColumns)]);
    }

    private static void WriteBucket(Utf8JsonWriter json, BucketStatus bucket)
    {
        json.WriteNumber("bucket", bucket.Bucket.Number);
        json.WriteNumber("epoch", bucket.Epoch.Value);
        json.WriteNumber("startOffset", bucket.StartOffset.Value);
        json.WriteNumber("highWatermark", bucket.HighWatermark.Value);
        json.WriteNumber("logEndOffset", bucket.LogEndOffset.Value);
        json.WriteNumber("logBytes", bucket.LogBytes);
        json.WriteNumber("segments", bucket.Segments);
        json.WriteNumber("appliedOffset", bucket.AppliedOffset.Value);
        json.WriteNumber("shardRowsEstimate", bucket.ShardRowsEstimate);
        json.WriteNumber("shardBytes", bucket.ShardBytes);
        json.WriteNumber("lastTimestampMs", bucket.LastTimestampMs);
    }

    private static string Time(long ms) => ms == 0 ? "" : DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ssZ", CultureInfo.InvariantCulture);
}
