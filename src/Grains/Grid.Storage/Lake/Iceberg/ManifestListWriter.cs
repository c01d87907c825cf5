using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Grid.Storage.Lake.Avro;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Writes a manifest list into memory: one for each attempt to commit, because the snapshot's sequence number stands in it.</summary>
internal static class ManifestListWriter
{
    /// <summary>The list's bytes.</summary>
    /// <param name="snapshot">The snapshot's id.</param>
    /// <param name="parent">Its parent's.</param>
    /// <param name="sequence">Its sequence number, which the new manifests get.</param>
    /// <param name="manifests">New ones and those taken over from the parent's list.</param>
    /// <param name="framing">Its container.</param>
    public static byte[] Write(SnapshotId snapshot, SnapshotId? parent, SequenceNumber sequence, IReadOnlyList<ManifestFile> manifests, AvroFraming framing)
    {
        var metadata = new List<KeyValuePair<string, string>>
        {
            new("snapshot-id", snapshot.ToString()),
            new("sequence-number", sequence.ToString()),
            new("format-version", TableMetadata.FormatVersion.ToString(CultureInfo.InvariantCulture)),
        };
        if (parent is { } before)
            metadata.Insert(1, new("parent-snapshot-id", before.ToString()));
        var container = new AvroContainerWriter(ManifestListSchema.Schema, metadata, framing);
        var locations = new HashSet<string>(StringComparer.Ordinal);
        foreach (var manifest in manifests)
        {
            if (!locations.Add(manifest.Location))
                throw new ArgumentException($"The manifest {manifest.Location} is listed twice.", nameof(manifests));
            container.Add(ToRecord(manifest.Numbered(sequence)));
        }

        return container.Finish();
    }

    private static AvroRecord ToRecord(ManifestFile manifest) => new(ManifestListSchema.Schema.Root,
    [
        manifest.Location,
        manifest.Bytes,
        manifest.PartitionSpecId,
        (int)manifest.Content,
        manifest.Sequence!.Value.Value,
        manifest.SequenceMin!.Value.Value,
        manifest.Snapshot.Value,
        manifest.Added.Files,
        manifest.Existing.Files,
        manifest.Deleted.Files,
        manifest.Added.Rows,
        manifest.Existing.Rows,
        manifest.Deleted.Rows,
        manifest.Partitions.Select(summary => (object?)ToRecord(summary)).ToArray(),
        null,
    ]);

    private static AvroRecord ToRecord(FieldSummary summary) =>
        new(ManifestListSchema.Summary, [summary.ContainsNull, summary.ContainsNan, Bytes(summary.LowerBound), Bytes(summary.UpperBound)]);

    private static byte[]? Bytes(ImmutableArray<byte>? bound) => bound is { } bytes ? ImmutableCollectionsMarshal.AsArray(bytes) : null;
}
