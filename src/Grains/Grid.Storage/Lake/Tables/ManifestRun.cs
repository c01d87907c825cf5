using Grid.Abstractions;
using Grid.Storage.Lake.Avro;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>Entries of one kind as manifests, of which each is ended at about <see cref="LakeTableOptions.ManifestBytesTarget"/>. Makes bytes; who adds the entries writes the files.</summary>
internal sealed class ManifestRun(LakeTableFiles files, TableSchema schema, LakePartitionSpec spec, ManifestContent content, SnapshotId snapshot, LakeTableOptions options)
{
    private readonly Guid _unique = Guid.NewGuid();
    private ManifestWriter? _writer;
    private int _count;

    /// <summary>Adds an entry; answers the manifest that is full with it, null while there is room.</summary>
    public MadeManifest? Add(ManifestEntry entry)
    {
        _writer ??= new ManifestWriter(schema, spec, content, snapshot, AvroFraming.New());
        _writer.Add(entry);
        return _writer.Bytes >= options.ManifestBytesTarget ? Finish() : null;
    }

    /// <summary>The manifest of what was added last; null where that was answered already.</summary>
    public MadeManifest? Finish()
    {
        if (_writer is not { } writer)
            return null;
        _writer = null;
        var name = LakeNames.Manifest(_unique, _count++);
        var (bytes, manifest) = writer.Finish(files.LocationOf(name));
        return new MadeManifest(name, bytes, manifest);
    }
}
