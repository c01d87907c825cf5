using System.Text.Json;
using System.Text.Json.Serialization;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Replication;

/// <summary>Turns records into bytes and back, without reflection. What does not read, or breaks a rule, is reported as damaged, by the object's name.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RecordDocument))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    /// <summary>The format that this program writes and reads.</summary>
    public const int Format = 1;

    /// <summary>Largest record: three lists of 16 names of 63 characters are 3.2 KiB.</summary>
    public const int BytesMax = 16 * 1024;

    public static byte[] Write(BucketRecord record) =>
        JsonSerializer.SerializeToUtf8Bytes(new RecordDocument
        {
            Format = Format,
            Epoch = record.Epoch.Value,
            Leader = record.Leader?.Value,
            Replicas = [.. record.Replicas.Select(node => node.Value)],
            InSync = [.. record.InSync.Select(node => node.Value)],
            Target = record.Target.IsDefaultOrEmpty ? null : [.. record.Target.Select(node => node.Value)],
            MinInSync = record.MinInSync == 0 ? null : record.MinInSync,
        }, Default.RecordDocument);

    public static BucketRecord Read(string name, ObjectContent content)
    {
        if (content.Bytes.Length > BytesMax)
            throw Damaged(name, $"it has {content.Bytes.Length} bytes, more than {BytesMax}");
        RecordDocument document;
        try
        {
            document = JsonSerializer.Deserialize(content.Bytes.Span, Default.RecordDocument) ?? throw Damaged(name, "it is null");
        }
        catch (JsonException exception)
        {
            throw Damaged(name, exception.Message);
        }

        if (document.Format != Format)
            throw new GridException(GridErrorCode.StorageFailed, $"Bucket record '{name}' has format {document.Format}; this version of Grid reads {Format}. Use a newer Grid.");
        var record = new BucketRecord
        {
            Epoch = new LeaderEpoch(document.Epoch),
            Leader = document.Leader is null ? null : new NodeName(document.Leader),
            Replicas = [.. document.Replicas.Select(node => new NodeName(node))],
            InSync = [.. document.InSync.Select(node => new NodeName(node))],
            Target = document.Target is null ? [] : [.. document.Target.Select(node => new NodeName(node))],
            MinInSync = document.MinInSync ?? 0,
        };
        return RecordRules.FindProblem(record) is { } problem ? throw Damaged(name, problem) : record;
    }

    private static GridException Damaged(string name, string problem) =>
        new(GridErrorCode.Corrupt, $"Bucket record '{name}' is damaged: {problem}. Restore it from a backup.");
}
