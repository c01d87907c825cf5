using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>Reads manifest lists and manifests of a table, each within its bounds.</summary>
internal static class ManifestFiles
{
    /// <summary>A snapshot's manifests.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the list is missing or damaged.</exception>
    public static async Task<ImmutableArray<ManifestFile>> ReadListAsync(LakeTableFiles files, Snapshot snapshot, LakeTableOptions options, CancellationToken cancellationToken) =>
        await FindListAsync(files, snapshot, options, cancellationToken).ConfigureAwait(false)
        ?? throw LakeErrors.Damaged($"the manifest list {snapshot.ManifestList} of snapshot {snapshot.Id} is missing");

    /// <summary>A snapshot's manifests; null where its list is missing.</summary>
    public static async Task<ImmutableArray<ManifestFile>?> FindListAsync(LakeTableFiles files, Snapshot snapshot, LakeTableOptions options, CancellationToken cancellationToken) =>
        await files.ReadAtAsync(snapshot.ManifestList, "manifest list", options.ManifestBytesMax, cancellationToken).ConfigureAwait(false) is { } bytes ? ManifestListReader.Read(bytes) : null;

    /// <summary>A manifest's entries, decoded while they are enumerated.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: it is missing or damaged.</exception>
    public static async Task<IEnumerable<ManifestEntry>> ReadAsync(
        LakeTableFiles files, ManifestFile manifest, TableMetadata table, LakeTableOptions options, CancellationToken cancellationToken) =>
        await FindAsync(files, manifest, table, options, cancellationToken).ConfigureAwait(false) ?? throw LakeErrors.Damaged($"the manifest {manifest.Location} is missing");

    /// <summary>A manifest's entries; null where it is missing.</summary>
    public static async Task<IEnumerable<ManifestEntry>?> FindAsync(
        LakeTableFiles files, ManifestFile manifest, TableMetadata table, LakeTableOptions options, CancellationToken cancellationToken)
    {
        var spec = table.PartitionSpecs.FirstOrDefault(spec => spec.Id == manifest.PartitionSpecId)
            ?? throw LakeErrors.Damaged($"the manifest {manifest.Location} has the partition spec {manifest.PartitionSpecId}, which the table does not have");
        if (manifest.Bytes > options.ManifestBytesMax)
            throw LakeErrors.TooLarge("bytes of manifest", manifest.Bytes, options.ManifestBytesMax);
        if (await files.ReadAtAsync(manifest.Location, "manifest", manifest.Bytes, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return null;
        return bytes.Length == manifest.Bytes ? ManifestReader.Read(bytes, manifest, spec)
            : throw LakeErrors.Damaged($"the manifest {manifest.Location} has {bytes.Length} bytes, its list says {manifest.Bytes}");
    }
}
