using System.Collections.Immutable;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Lake.Avro;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// Adds a change's files to a table and takes others out of it, in a snapshot. The manifests of what is added are written once, because what changes with the head, their sequence numbers, is inherited; the list, manifests
/// that lose files, merged manifests and a file of offsets are written for each head. A change that only moves offsets makes a version without a snapshot.
/// </summary>
internal sealed class ChangeUpdate(LakeTableFiles files, LakeOffsetsFile offsets, LakeChange change, TimeProvider time, LakeTableOptions options) : ILakeUpdate
{
    private readonly SnapshotId _snapshot = SnapshotId.Random();
    private readonly TableSchema _schema = LakeColumns.Extend(change.Schema);
    private readonly ManifestRewrite _rewrite = new(files, change, options);
    private readonly ManifestMerge _merge = new(files, options);
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly List<MadeManifest> _unsaved = [];
    private List<ManifestFile>? _manifests;
    private int _manifestsSpec;
    private int _attempt;

    /// <inheritdoc/>
    public LakeOffsets From => change.From;

    /// <inheritdoc/>
    public ImmutableArray<LakeBucket> Expected { get; } = [.. change.Moved.Union(change.Guarded)];

    /// <inheritdoc/>
    public DiscardReason Unfit { get; private set; } = DiscardReason.FileGone;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Written => _written;

    /// <inheritdoc/>
    public async Task<LakeDraft?> PrepareAsync(LakeState head, CancellationToken cancellationToken)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var used = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);

        // 1. The schema, for the snapshot names it.
        var next = head.Metadata;
        if (change.Schema.Version.Value > next.CurrentSchemaId)
            next = next.SetSchema(_schema, nowMs);

        // 2. The offsets: only the change's buckets move, the others are where the head has them.
        var ends = change.Moved.Aggregate(head.Offsets, (sum, bucket) => sum.With(bucket, change.To[bucket]));
        string? offsetsName = null;
        if (offsets.IsLong(ends))
        {
            offsetsName = LakeOffsetsFile.NewName();
            await CreateAsync(offsetsName, Encoding.UTF8.GetBytes(ends.ToString()), cancellationToken).ConfigureAwait(false);
            used.Add(offsetsName);
        }

        var told = offsets.Properties(ends, offsetsName);

        // 3. The files.
        if (!change.Added.IsEmpty || !change.Removed.IsEmpty)
        {
            if (await WriteListAsync(head.Metadata, next, used, cancellationToken).ConfigureAwait(false) is not var (list, summary))
                return null;
            foreach (var (key, value) in told)
                summary = value is null ? summary : summary.SetItem(key, value);
            next = next.AddSnapshot(_snapshot, files.LocationOf(list), change.Operation, summary, nowMs);
        }

        return new LakeDraft(next.SetProperties(told, nowMs), ends, used.ToImmutable());
    }

    /// <summary>Writes the list of the next snapshot and what it names; null where the head does not take the change.</summary>
    private async Task<(string List, ImmutableSortedDictionary<string, string> Summary)?> WriteListAsync(
        TableMetadata head, TableMetadata next, ImmutableHashSet<string>.Builder used, CancellationToken cancellationToken)
    {
        var parent = head.CurrentSnapshot;
        var before = parent is null ? [] : await ManifestFiles.ReadListAsync(files, parent, options, cancellationToken).ConfigureAwait(false);
        var schema = next.CurrentSchema;
        var rewritten = new RewrittenManifests(before, [], []);
        if (change.IsWithoutDeletes && _rewrite.HasDeletes(before, head.DefaultSpecId))
        {
            Unfit = DiscardReason.HasDeletes;
            return null;
        }

        if (!_rewrite.IsEmpty)
        {
            Unfit = DiscardReason.FileGone;
            if (await _rewrite.RunAsync(before, head, schema, _snapshot, CreateAsync, cancellationToken).ConfigureAwait(false) is not { } without)
                return null;
            rewritten = without;
        }

        var added = await AddedAsync(next.DefaultSpec, cancellationToken).ConfigureAwait(false);
        // Not those that were rewritten: what this snapshot deleted must stand in it, and a merge leaves it out.
        var kept = await _merge.RunAsync(rewritten.Kept, head, schema, _snapshot, CreateAsync, cancellationToken).ConfigureAwait(false);
        ImmutableArray<ManifestFile> manifests = [.. added, .. rewritten.Written, .. kept];

        var list = LakeNames.ManifestList(_snapshot, ++_attempt, Guid.NewGuid());
        var bytes = ManifestListWriter.Write(_snapshot, parent?.Id, head.LastSequence.Next, manifests, AvroFraming.New());
        await CreateAsync(list, bytes, cancellationToken).ConfigureAwait(false);
        used.Add(list);
        foreach (var manifest in manifests)
            if (files.TryName(manifest.Location, out var name) && _written.Contains(name))
                used.Add(name);
        return (list, SnapshotSummary.Of(change, rewritten.Removed, manifests, parent?.Summary));
    }

    /// <summary>The manifests of the change's files: made for the first head, and saved until each is.</summary>
    private async Task<IReadOnlyList<ManifestFile>> AddedAsync(LakePartitionSpec spec, CancellationToken cancellationToken)
    {
        if (_manifests is null || _manifestsSpec != spec.Id)
        {
            (_manifests, _manifestsSpec) = ([], spec.Id);
            _unsaved.Clear();
            foreach (var group in change.Added.GroupBy(file => file.Content == LakeFileContent.Data ? ManifestContent.Data : ManifestContent.Deletes))
                MakeManifests(_manifests, spec, group.Key, group);
        }

        while (_unsaved is [.., var made])
        {
            await CreateAsync(made.Name, made.Bytes, cancellationToken).ConfigureAwait(false);
            _unsaved.RemoveAt(_unsaved.Count - 1);
        }

        return _manifests;
    }

    private void MakeManifests(List<ManifestFile> manifests, LakePartitionSpec spec, ManifestContent content, IEnumerable<LakeFile> added)
    {
        var run = new ManifestRun(files, _schema, spec, content, _snapshot, options);
        foreach (var file in added)
            Take(run.Add(ManifestEntry.Added(file)));
        Take(run.Finish());

        void Take(MadeManifest? made)
        {
            if (made is null)
                return;
            _unsaved.Add(made);
            manifests.Add(made.File);
        }
    }

    /// <summary>Writes a file under a name that is nobody else's: where one is there, an earlier call, whose answer was lost, wrote the same.</summary>
    private async Task CreateAsync(string name, byte[] bytes, CancellationToken cancellationToken)
    {
        _written.Add(name);
        await files.TryCreateAsync(name, bytes, cancellationToken).ConfigureAwait(false);
    }
}
