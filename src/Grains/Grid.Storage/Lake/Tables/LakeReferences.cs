using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// The files that snapshots refer to. Of each location there are 16 bytes of its SHA-256, so that a million files take some tens of MiB; two locations that had the same would keep a file too long, no more.
/// </summary>
internal sealed class LakeReferences
{
    private readonly HashSet<UInt128> _locations = [];

    public bool Contains(string location) => _locations.Contains(Hash(location));

    public bool Add(string location) => _locations.Add(Hash(location));

    /// <summary>Adds lists, manifests and files of offsets of all snapshots.</summary>
    /// <returns>The manifests, each once.</returns>
    public async Task<List<ManifestFile>> AddListsAsync(LakeTableFiles files, TableMetadata table, LakeTableOptions options, CancellationToken cancellationToken)
    {
        var manifests = new List<ManifestFile>();
        AddOffsets(table.Properties);
        foreach (var snapshot in table.Snapshots)
        {
            Add(snapshot.ManifestList);
            AddOffsets(snapshot.Summary);
            foreach (var manifest in await ManifestFiles.ReadListAsync(files, snapshot, options, cancellationToken).ConfigureAwait(false))
                if (Add(manifest.Location))
                    manifests.Add(manifest);
        }

        return manifests;
    }

    /// <summary>Adds the live files of manifests.</summary>
    public async Task AddFilesAsync(LakeTableFiles files, TableMetadata table, IEnumerable<ManifestFile> manifests, LakeTableOptions options, CancellationToken cancellationToken)
    {
        foreach (var manifest in manifests)
            foreach (var entry in await ManifestFiles.ReadAsync(files, manifest, table, options, cancellationToken).ConfigureAwait(false))
                if (entry.IsLive)
                    Add(entry.File.Location);
    }

    private void AddOffsets(ImmutableSortedDictionary<string, string> properties)
    {
        if (properties.TryGetValue(LakeProperties.OffsetsFile, out var location))
            Add(location);
    }

    private static UInt128 Hash(string location)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(location), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
