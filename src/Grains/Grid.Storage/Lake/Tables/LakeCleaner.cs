using System.Collections.Immutable;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// Deletes the files that nothing refers to any more. What is kept is read whole before the first file is deleted: where any of it does not read, nothing is deleted. Only Parquet files below <c>data/</c>, Avro files
/// of <c>metadata/</c>, texts of <c>offsets/</c> and metadata files behind the log are deleted, whatever a damaged manifest names.
/// </summary>
internal sealed class LakeCleaner(LakeTableFiles files, LakeHeads heads, TimeProvider time, LakeTableOptions options)
{
    private const int OrphansMax = 100_000;

    /// <summary>
    /// Deletes what only expired snapshots refer to, in the order data files, manifests, lists: what names a file goes after it, and what a crash in between leaves is found as orphans.
    /// </summary>
    /// <param name="table">The state without them, which must be committed.</param>
    /// <param name="expired">They.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Files deleted.</returns>
    public async Task<int> DeleteExpiredAsync(TableMetadata table, ImmutableArray<Snapshot> expired, CancellationToken cancellationToken)
    {
        var kept = new LakeReferences();
        var keptManifests = await kept.AddListsAsync(files, table, options, cancellationToken).ConfigureAwait(false);
        var gone = new Dictionary<string, ManifestFile>(StringComparer.Ordinal);
        foreach (var snapshot in expired)
            foreach (var manifest in await ManifestFiles.FindListAsync(files, snapshot, options, cancellationToken).ConfigureAwait(false) ?? [])
                if (!kept.Contains(manifest.Location))
                    gone[manifest.Location] = manifest;
        // A file that is live in a manifest that stays, stays. Without manifests that go, none of the data files does.
        if (gone.Count > 0)
            await kept.AddFilesAsync(files, table, keptManifests, options, cancellationToken).ConfigureAwait(false);

        var deleted = 0;
        foreach (var manifest in gone.Values)
            foreach (var entry in await ManifestFiles.FindAsync(files, manifest, table, options, cancellationToken).ConfigureAwait(false) ?? [])
                deleted += await DeleteAsync(kept, entry.File.Location, cancellationToken).ConfigureAwait(false);
        foreach (var location in gone.Keys)
            deleted += await DeleteAsync(kept, location, cancellationToken).ConfigureAwait(false);
        foreach (var snapshot in expired)
        {
            if (snapshot.Summary.TryGetValue(LakeProperties.OffsetsFile, out var offsets))
                deleted += await DeleteAsync(kept, offsets, cancellationToken).ConfigureAwait(false);
            deleted += await DeleteAsync(kept, snapshot.ManifestList, cancellationToken).ConfigureAwait(false);
        }

        return deleted;
    }

    /// <summary>Deletes metadata files that the newest one's log has forgotten and that are old, from the oldest on and without leaving a gap: <see cref="LakeHeads"/> depends on that.</summary>
    /// <returns>Files deleted.</returns>
    public async Task<int> DeleteMetadataAsync(LakeState head, CancellationToken cancellationToken)
    {
        var old = time.GetUtcNow() - options.MetadataAge;
        var behind = new SortedDictionary<int, (string Name, DateTimeOffset ModifiedAt)>();
        await foreach (var entry in files.ListAsync(LakeTableFiles.MetadataFolder, cancellationToken).ConfigureAwait(false))
            if (LakeNames.VersionOf(entry.Name) is { } version && version < head.Version - TableMetadata.MetadataLogMax)
                behind[version] = (entry.Name, entry.ModifiedAt);
        var deleted = 0;
        foreach (var (name, modifiedAt) in behind.Values)
        {
            if (modifiedAt > old)
                break;
            deleted += await files.DeleteAsync(name, cancellationToken).ConfigureAwait(false) ? 1 : 0;
        }

        return deleted;
    }

    /// <summary>Deletes old files that nothing refers to: what crashed commits and rounds left. At most <see cref="OrphansMax"/> at a time.</summary>
    /// <returns>Files deleted; 0 where there is no table.</returns>
    public async Task<int> DeleteOrphansAsync(CancellationToken cancellationToken)
    {
        var old = time.GetUtcNow() - options.OrphanAge;
        if (await heads.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } head)
            return 0;
        var kept = await ReferencesAsync(head, cancellationToken).ConfigureAwait(false);
        var orphans = new List<string>();
        foreach (var folder in (string[])[LakeTableFiles.DataFolder, LakeTableFiles.MetadataFolder, LakeTableFiles.OffsetsFolder])
            await foreach (var entry in files.ListAsync(folder, cancellationToken).ConfigureAwait(false))
                if (orphans.Count < OrphansMax && entry.ModifiedAt <= old && IsDeletable(entry.Name) && !kept.Contains(files.LocationOf(entry.Name)))
                    orphans.Add(entry.Name);
        if (orphans.Count == 0)
            return 0;

        // Somebody may have committed an old file meanwhile: what the head refers to now stays too.
        var now = await heads.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (now is null)
            return 0;
        if (now.Version != head.Version)
            kept = await ReferencesAsync(now, cancellationToken).ConfigureAwait(false);
        var deleted = 0;
        foreach (var name in orphans)
            deleted += await DeleteAsync(kept, files.LocationOf(name), cancellationToken).ConfigureAwait(false);
        return deleted;
    }

    private async Task<LakeReferences> ReferencesAsync(LakeState state, CancellationToken cancellationToken)
    {
        var kept = new LakeReferences();
        var manifests = await kept.AddListsAsync(files, state.Metadata, options, cancellationToken).ConfigureAwait(false);
        await kept.AddFilesAsync(files, state.Metadata, manifests, options, cancellationToken).ConfigureAwait(false);
        return kept;
    }

    private async Task<int> DeleteAsync(LakeReferences kept, string location, CancellationToken cancellationToken) =>
        !kept.Contains(location) && files.TryName(location, out var name) && IsDeletable(name) && await files.DeleteAsync(name, cancellationToken).ConfigureAwait(false) ? 1 : 0;

    private static bool IsDeletable(string name) =>
        name.StartsWith(LakeTableFiles.DataFolder, StringComparison.Ordinal)
        || name.StartsWith(LakeTableFiles.OffsetsFolder, StringComparison.Ordinal)
        || (name.StartsWith(LakeTableFiles.MetadataFolder, StringComparison.Ordinal) && name.EndsWith(".avro", StringComparison.Ordinal));
}
