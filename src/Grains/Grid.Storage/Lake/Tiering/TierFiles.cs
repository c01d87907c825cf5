using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tiering;

/// <summary>Files on their way from the node that wrote them to the one that commits them: as a manifest, whose reader checks what it reads.</summary>
internal static class TierFiles
{
    private static readonly SnapshotId None = new(1);

    /// <summary>Those of the files that hold rows, or those that hold deletes, as bytes; none as none.</summary>
    public static ImmutableArray<byte> Write(ImmutableArray<LakeFile> files, ManifestContent content, TableSchema schema, LakePartitionSpec spec)
    {
        files = files.RemoveAll(file => (file.Content == LakeFileContent.Data) != (content == ManifestContent.Data));
        if (files.IsEmpty)
            return [];
        var writer = new ManifestWriter(LakeColumns.Extend(schema), spec, content, None, AvroFraming.New());
        foreach (var file in files)
            writer.Add(ManifestEntry.Added(file));
        return ImmutableCollectionsMarshal.AsImmutableArray(writer.Finish("").Bytes);
    }

    /// <summary>The files of such bytes.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>.</exception>
    public static ImmutableArray<LakeFile> Read(ImmutableArray<byte> bytes, ManifestContent content, LakePartitionSpec spec)
    {
        if (bytes.IsDefaultOrEmpty)
            return [];
        var manifest = new ManifestFile
        {
            Location = "",
            Bytes = bytes.Length,
            PartitionSpecId = spec.Id,
            Content = content,
            Sequence = new SequenceNumber(0),
            Snapshot = None,
        };
        return [.. ManifestReader.Read(bytes.AsMemory(), manifest, spec).Select(entry => entry.File)];
    }
}
