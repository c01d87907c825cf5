using System.CommandLine;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid bucket</c>: where buckets lie.</summary>
internal static class BucketCommand
{
    public static Command Build(CliConsole console) => new GridCommandGroup("bucket", "Buckets: where they lie and who leads them.", "grid bucket list air.flights --connect HOST:PORT")
    {
        List(console),
    };

    private static GridCommand List(CliConsole console)
    {
        var table = new Argument<string?>("table") { Description = "database.table; without: all tables.", Arity = ArgumentArity.ZeroOrOne };
        var command = new GridCommand(console, "list",
            "List buckets with leader, epoch, replicas, the in-sync set, and how many rows the replica lacks that is furthest behind. No bucket is opened for it; the lag of an idle one is not known, and one that was never "
            + "used is not listed. A replica in brackets is not in sync.",
            "grid bucket list --connect HOST:PORT\ngrid bucket list air.flights --json --connect HOST:PORT") { table };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            var buckets = new List<BucketInfo>();
            await foreach (var bucket in session.Client.Cluster.ListBucketsAsync(parsed.GetValue(table), cancellationToken).ConfigureAwait(false))
            {
                if (output.Json)
                    Write(output, bucket);
                else
                    buckets.Add(bucket);
            }

            if (!output.Json)
                Write(output, buckets);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(CommandOutput output, BucketInfo bucket) => output.JsonObject(json =>
    {
        json.WriteString("bucket", bucket.Bucket.ToString());
        json.WriteString("table", bucket.Table?.ToString());
        json.WriteString("leader", bucket.Record.Leader?.Value);
        json.WriteNumber("epoch", bucket.Record.Epoch.Value);
        Names("replicas", bucket.Record.Replicas);
        Names("inSync", bucket.Record.InSync);
        Names("target", bucket.Record.Target);
        json.WriteBoolean("open", bucket.IsOpen);
        if (bucket.Lag is { } lag)
            json.WriteNumber("lag", lag);
        else
            json.WriteNull("lag");
        json.WriteNumber("bytes", bucket.Bytes);
        json.WriteNumber("writtenPerSecond", bucket.WrittenPerSecond);

        void Names(string name, IEnumerable<NodeName> nodes)
        {
            json.WriteStartArray(name);
            foreach (var node in nodes)
                json.WriteStringValue(node.Value);
            json.WriteEndArray();
        }
    });

    private static void Write(CommandOutput output, List<BucketInfo> buckets) =>
        output.Table(["bucket", "table", "leader", "epoch", "replicas", "moves to", "lag", "bytes", "written/s"], buckets.Select(bucket => new[]
        {
            bucket.Bucket.ToString(), bucket.Table?.ToString() ?? "", bucket.Record.Leader?.Value ?? "", bucket.Record.Epoch.ToString(),
            string.Join(' ', bucket.Record.Replicas.Select(node => bucket.Record.InSync.Contains(node) ? node.Value : $"({node})")), string.Join(' ', bucket.Record.Target),
            bucket.Lag is { } lag ? Humane.Count(lag) : "", Humane.Bytes(bucket.Bytes), Humane.Bytes(bucket.WrittenPerSecond),
        }), 3, 6, 7, 8);
}
