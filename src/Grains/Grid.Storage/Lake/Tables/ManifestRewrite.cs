using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// Takes files out of a head's manifests. A manifest that has some of them is replaced: their entries become deleted ones of this snapshot, the others existing ones, and all keep their sequence numbers; entries that
/// older snapshots deleted are left out. The manifests without any stay as they are. Those of other buckets are not read. One manifest is in memory at a time, and the ones that are written.
/// <para>
/// A file that replaces others has its snapshot's sequence number, which is above theirs, so that position deletes of before (they apply to data files with the same or a lower number) do not apply to it. That is
/// right, for they name files by path, and none of them names the new one: who rewrites a file leaves out the rows that its deletes name. Deletes that come later and name the old file would reach nothing; that is what
/// <see cref="LakeChange.Needed"/> is for.
/// </para>
/// </summary>
internal sealed class ManifestRewrite(LakeTableFiles files, LakeChange change, LakeTableOptions options)
{
    private readonly ImmutableHashSet<string> _removed = change.Removed.Select(file => file.Location).ToImmutableHashSet(StringComparer.Ordinal);
    private readonly ImmutableHashSet<string> _needed = change.Needed.ToImmutableHashSet(StringComparer.Ordinal).Except(change.Removed.Select(file => file.Location));
    private readonly ImmutableHashSet<int>? _buckets = BucketsOf(change);

    /// <summary>Whether there is anything to look for.</summary>
    public bool IsEmpty => _removed.IsEmpty && _needed.IsEmpty;

    /// <summary>Whether there are deletes that may be for rows of the removed files.</summary>
    /// <param name="manifests">The head's.</param>
    /// <param name="spec">The spec whose last field is the bucket; deletes of another one may be for any.</param>
    public bool HasDeletes(ImmutableArray<ManifestFile> manifests, int spec) => manifests.Any(manifest =>
        manifest.Content == ManifestContent.Deletes && manifest.HasLiveFiles && (manifest.PartitionSpecId != spec || _buckets is null || _buckets.Any(bucket => LakeScan.MayHave(manifest, bucket))));

    /// <summary>The manifests without the change's files; null where one of them is not live.</summary>
    /// <param name="manifests">The head's.</param>
    /// <param name="table">The head.</param>
    /// <param name="schema">The schema that written ones name.</param>
    /// <param name="snapshot">The snapshot that adds them.</param>
    /// <param name="createAsync">Writes a file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: a manifest does not read, or one of the files is in the table twice.</exception>
    public async Task<RewrittenManifests?> RunAsync(
        ImmutableArray<ManifestFile> manifests, TableMetadata table, TableSchema schema, SnapshotId snapshot, Func<string, byte[], CancellationToken, Task> createAsync, CancellationToken cancellationToken)
    {
        var kept = ImmutableArray.CreateBuilder<ManifestFile>();
        var written = ImmutableArray.CreateBuilder<ManifestFile>();
        var found = new Dictionary<string, LakeFile>(StringComparer.Ordinal);
        var runs = new Dictionary<(int Spec, ManifestContent Content), ManifestRun>();
        foreach (var manifest in manifests)
        {
            if (!MayHaveAny(manifest))
            {
                kept.Add(manifest);
                continue;
            }

            var entries = await ManifestFiles.ReadAsync(files, manifest, table, options, cancellationToken).ConfigureAwait(false);
            if (!Find(entries, found))
            {
                kept.Add(manifest);
                continue;
            }

            var spec = table.PartitionSpecs.First(spec => spec.Id == manifest.PartitionSpecId);
            if (!runs.TryGetValue((spec.Id, manifest.Content), out var run))
                runs.Add((spec.Id, manifest.Content), run = new ManifestRun(files, schema, spec, manifest.Content, snapshot, options));
            foreach (var entry in entries)
                if (entry.IsLive)
                    await CreateAsync(run.Add(_removed.Contains(entry.File.Location) ? entry.AsDeleted(snapshot) : entry.AsExisting())).ConfigureAwait(false);
        }

        foreach (var run in runs.Values)
            await CreateAsync(run.Finish()).ConfigureAwait(false);
        if (found.Count < _removed.Count + _needed.Count)
            return null;
        return new RewrittenManifests(kept.ToImmutable(), written.ToImmutable(), [.. found.Values.Where(file => _removed.Contains(file.Location))]);

        async Task CreateAsync(MadeManifest? made)
        {
            if (made is null)
                return;
            await createAsync(made.Name, made.Bytes, cancellationToken).ConfigureAwait(false);
            written.Add(made.File);
        }
    }

    /// <summary>The buckets of the files, by which manifests are passed over; null: not all of them tell.</summary>
    private static ImmutableHashSet<int>? BucketsOf(LakeChange change)
    {
        var buckets = change.Needed.IsEmpty ? ImmutableHashSet.CreateBuilder<int>() : change.Moved.Concat(change.Guarded).Select(bucket => bucket.Number).ToImmutableHashSet().ToBuilder();
        foreach (var file in change.Removed)
        {
            if (file.Partition is not [.., int bucket])
                return null;
            buckets.Add(bucket);
        }

        return buckets.ToImmutable();
    }

    private bool MayHaveAny(ManifestFile manifest) =>
        manifest.HasLiveFiles
        && (manifest.Content == ManifestContent.Data ? !_needed.IsEmpty || change.Removed.Any(file => file.Content == LakeFileContent.Data) : change.Removed.Any(file => file.Content != LakeFileContent.Data))
        && (_buckets is null || _buckets.Any(bucket => LakeScan.MayHave(manifest, bucket)));

    /// <summary>Notes what a manifest has of the files; whether any of them is one that goes.</summary>
    private bool Find(IEnumerable<ManifestEntry> entries, Dictionary<string, LakeFile> found)
    {
        var any = false;
        foreach (var entry in entries)
        {
            var location = entry.File.Location;
            var removed = _removed.Contains(location);
            if (!entry.IsLive || !(removed || _needed.Contains(location)))
                continue;
            if (!found.TryAdd(location, entry.File))
                throw LakeErrors.Damaged($"{location} is in the table twice");
            any |= removed;
        }

        return any;
    }
}
