using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// Replaces many small data manifests by few large ones, so that a table of a million commits is not planned from a million files. Entries keep their snapshots and sequence numbers; those of files that are gone
/// are left out. One manifest is in memory at a time, and the one that is written.
/// </summary>
internal sealed class ManifestMerge(LakeTableFiles files, LakeTableOptions options)
{
    /// <summary>The manifests to carry along: those given, or, where too many are small, merged ones in their place.</summary>
    /// <param name="manifests">The head's.</param>
    /// <param name="table">The head.</param>
    /// <param name="schema">The schema that merged ones name.</param>
    /// <param name="snapshot">The snapshot that adds them.</param>
    /// <param name="createAsync">Writes a file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ImmutableArray<ManifestFile>> RunAsync(
        ImmutableArray<ManifestFile> manifests, TableMetadata table, TableSchema schema, SnapshotId snapshot, Func<string, byte[], CancellationToken, Task> createAsync,
        CancellationToken cancellationToken)
    {
        var spec = table.DefaultSpec;
        manifests = manifests.RemoveAll(manifest => !manifest.HasLiveFiles);
        var small = manifests.Where(manifest => manifest.Content == ManifestContent.Data && manifest.PartitionSpecId == spec.Id && manifest.Bytes < options.ManifestBytesTarget / 2).ToArray();
        if (small.Length < options.ManifestsMergeMin)
            return manifests;

        var merged = new List<ManifestFile>();
        var run = new ManifestRun(files, schema, spec, ManifestContent.Data, snapshot, options);
        foreach (var manifest in small)
            foreach (var entry in await ManifestFiles.ReadAsync(files, manifest, table, options, cancellationToken).ConfigureAwait(false))
                if (entry.IsLive)
                    await CreateAsync(run.Add(entry.AsExisting())).ConfigureAwait(false);
        await CreateAsync(run.Finish()).ConfigureAwait(false);
        return [.. manifests.Except(small), .. merged];

        async Task CreateAsync(MadeManifest? made)
        {
            if (made is null)
                return;
            await createAsync(made.Name, made.Bytes, cancellationToken).ConfigureAwait(false);
            merged.Add(made.File);
        }
    }
}
