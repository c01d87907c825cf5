using System.CommandLine;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Silo.Cli;

namespace Grid.Silo.Commands;

/// <summary><c>grid table describe</c>: columns, keys, options.</summary>
internal static class TableDescribeCommand
{
    public static Command Build(CliConsole console)
    {
        var table = new Argument<string>("table") { Description = "database.table" };
        var command = new GridCommand(console, "describe", "Show a table's columns, keys and options.", "grid table describe air.routes --data DIR") { table };
        var target = new TargetOptions(console, command);
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            await using var session = await target.OpenAsync(parsed, cancellationToken).ConfigureAwait(false);
            Write(output, await session.Client.GetTableInfoAsync(parsed.GetRequiredValue(table), cancellationToken).ConfigureAwait(false));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Writes a table's description.</summary>
    public static void Write(CommandOutput output, TableInfo info)
    {
        if (output.Json)
        {
            output.JsonObject(json => WriteJson(json, info));
            return;
        }

        var schema = info.Schema;
        var kind = info.HasPrimaryKey ? "primary-key table" : "log table";
        output.Console.Out.WriteLine($"{info.Path}  {kind}, id {info.Id}, schema version {schema.Version}, {info.Options.Buckets} buckets");
        output.Table(["id", "column", "type", "null", "key", "default"], schema.Columns.Select(c => new[]
        {
            c.Id.ToString(), c.Name, c.Type.ToString(), c.Nullable ? "yes" : "no", KeyText(schema, c.Id), c.Default ?? "",
        }), 0);
        var options = info.Options;
        if (info.IsPartitioned)
            output.Console.Out.WriteLine($"partitioned by {string.Join(", ", schema.PartitionKey.Select(id => schema.GetColumn(id).Name))}, {PartitionText(options.Partitions)}");
        output.Console.Out.WriteLine($"compression {options.Compression.ToString().ToLowerInvariant()}, flush {options.Flush.ToString().ToLowerInvariant()}, "
            + $"retention {(options.RetentionMs == 0 ? "unlimited" : Humane.Duration(options.RetentionMs))}, segments of {Humane.Bytes(options.SegmentBytesMax)}, "
            + $"replicas {DefaultOr(options.Replicas)}, in sync at least {DefaultOr(options.MinInSync)}, "
            + $"lake {(options.Lake == LakeMode.On ? $"within {Humane.Duration(options.LakeFreshnessMs)}" : options.Lake.ToString().ToLowerInvariant())}, "
            + $"remote segments {RemoteText(options)}");
    }

    private static string RemoteText(TableOptions options) => options.Remote == RemoteMode.None ? "none"
        : $"{options.Remote.ToString().ToLowerInvariant()}, kept {(options.RemoteRetentionMs == 0 ? "for ever" : Humane.Duration(options.RemoteRetentionMs))}"
            + (options.RemoteRetentionBytes == 0 ? "" : $" up to {Humane.Bytes(options.RemoteRetentionBytes)} a bucket");

    private static string DefaultOr(int value) => value == 0 ? "default" : value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string KeyText(TableSchema schema, ColumnId id)
    {
        var (key, bucket, partition) = (schema.PrimaryKey.IndexOf(id), schema.BucketKey.IndexOf(id), schema.PartitionKey.IndexOf(id));
        string[] roles = [key < 0 ? "" : $"{key + 1}", bucket < 0 ? "" : $"bucket {bucket + 1}", partition < 0 ? "" : $"partition {partition + 1}"];
        return string.Join(", ", roles.Where(role => role.Length > 0));
    }

    private static string PartitionText(PartitionOptions options) =>
        (options.Unit == PartitionUnit.None ? "" : $"one a {options.Unit.ToString().ToLowerInvariant()}, {options.Ahead} ahead, {(options.Kept == 0 ? "all" : options.Kept)} kept, ")
        + $"{(options.CreateOnWrite ? "made by rows that lack one" : "made by hand")}, at most {options.CountMax}";

    private static void WriteJson(Utf8JsonWriter json, TableInfo info)
    {
        var schema = info.Schema;
        json.WriteString("table", info.Path.ToString());
        json.WriteNumber("id", info.Id.Value);
        json.WriteString("kind", info.HasPrimaryKey ? "primary-key" : "log");
        json.WriteNumber("schemaVersion", schema.Version.Value);
        json.WriteStartArray("columns");
        foreach (var column in schema.Columns)
        {
            json.WriteStartObject();
            json.WriteNumber("id", column.Id.Value);
            json.WriteString("name", column.Name);
            json.WriteString("type", column.Type.ToString());
            json.WriteBoolean("nullable", column.Nullable);
            if (column.Default is not null)
                json.WriteString("default", column.Default);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNames(json, "primaryKey", schema, schema.PrimaryKey);
        WriteNames(json, "bucketKey", schema, schema.BucketKey);
        WriteNames(json, "partitionKey", schema, schema.PartitionKey);
        var options = info.Options;
        json.WriteStartObject("options");
        json.WriteNumber("buckets", options.Buckets);
        json.WriteString("compression", options.Compression.ToString().ToLowerInvariant());
        json.WriteString("flush", options.Flush.ToString().ToLowerInvariant());
        json.WriteNumber("segmentBytesMax", options.SegmentBytesMax);
        json.WriteNumber("segmentAgeMsMax", options.SegmentAgeMsMax);
        json.WriteNumber("retentionMs", options.RetentionMs);
        json.WriteNumber("retentionBytes", options.RetentionBytes);
        json.WriteBoolean("emitUnchanged", options.EmitUnchanged);
        json.WriteNumber("replicas", options.Replicas);
        json.WriteNumber("minInSync", options.MinInSync);
        json.WriteString("lake", options.Lake.ToString().ToLowerInvariant());
        json.WriteNumber("lakeFreshnessMs", options.LakeFreshnessMs);
        json.WriteString("remote", options.Remote.ToString().ToLowerInvariant());
        json.WriteNumber("remoteRetentionMs", options.RemoteRetentionMs);
        json.WriteNumber("remoteRetentionBytes", options.RemoteRetentionBytes);
        if (info.IsPartitioned)
        {
            json.WriteStartObject("partitions");
            json.WriteString("unit", options.Partitions.Unit.ToString().ToLowerInvariant());
            json.WriteBoolean("createOnWrite", options.Partitions.CreateOnWrite);
            json.WriteNumber("ahead", options.Partitions.Ahead);
            json.WriteNumber("kept", options.Partitions.Kept);
            json.WriteNumber("countMax", options.Partitions.CountMax);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string property, TableSchema schema, IEnumerable<ColumnId> ids)
    {
        json.WriteStartArray(property);
        foreach (var id in ids)
            json.WriteStringValue(schema.GetColumn(id).Name);
        json.WriteEndArray();
    }
}
