using System.Collections.Immutable;
using System.Globalization;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// One Iceberg table of a warehouse: reads its head, commits on top of it, cleans up behind it. Safe for many threads, and for many processes on one table; without state but for the head that it
/// saw last, which is never taken for the newest without asking the store.
/// </summary>
internal sealed class LakeTable
{
    private readonly LakeTableFiles _files;
    private readonly LakeOffsetsFile _offsets;
    private readonly LakeHeads _heads;
    private readonly LakeCleaner _cleaner;
    private readonly TimeProvider _time;
    private readonly LakeTableOptions _options;

    /// <param name="store">The warehouse.</param>
    /// <param name="folder">The table's folder below the warehouse's root, without '/' at either end.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">Limits.</param>
    public LakeTable(ILakeStore store, string folder, TimeProvider time, LakeTableOptions options)
    {
        options.Validate();
        _files = new LakeTableFiles(store, folder);
        _offsets = new LakeOffsetsFile(_files, options);
        _heads = new LakeHeads(_files, _offsets);
        _cleaner = new LakeCleaner(_files, _heads, time, options);
        _time = time;
        _options = options;
    }

    /// <summary>The table's folder as metadata names it.</summary>
    public string Location => _files.Location;

    /// <summary>The newest version; null where there is no table.</summary>
    public Task<LakeState?> ReadAsync(CancellationToken cancellationToken) => _heads.ReadAsync(cancellationToken);

    /// <summary>The newest version's metadata file, which is asked for anew each time; null where there is no table.</summary>
    /// <param name="table">Whose history it has to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/>: the folder has another table's; <see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.TooLarge"/>: it does not read.</exception>
    public async Task<LakeMetadataFile?> ReadFileAsync(LakeTableIdentity table, CancellationToken cancellationToken)
    {
        if (await _heads.ReadFileAsync(cancellationToken).ConfigureAwait(false) is not { } file)
            return null;
        RequireOf(file.Metadata, table);
        return file;
    }

    /// <summary>Whether there is a table; cheaper than reading it.</summary>
    public Task<bool> ExistsAsync(CancellationToken cancellationToken) => _heads.ExistsAsync(cancellationToken);

    /// <summary>A version by its number; null where there is none (any more).</summary>
    public Task<LakeState?> FindAsync(int version, CancellationToken cancellationToken) => _heads.FindAsync(version, cancellationToken);

    /// <summary>Makes the table, or finds it made.</summary>
    /// <param name="identity">Whose history it is.</param>
    /// <param name="schema">The Grid table's, without the lake's own columns.</param>
    /// <param name="spec">How its files are partitioned.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/>: the folder has another table.</exception>
    public async Task<LakeState> CreateAsync(LakeTableIdentity identity, TableSchema schema, LakePartitionSpec spec, CancellationToken cancellationToken)
    {
        // The head first: version 1 of an old table is deleted some day, and would be created again below it.
        if (await _heads.ReadAsync(cancellationToken).ConfigureAwait(false) is { } there)
            return Require(there, identity);
        var properties = ImmutableSortedDictionary.CreateRange<string, string>(StringComparer.Ordinal,
        [
            new(LakeProperties.TableId, identity.Table.ToString()),
            new(LakeProperties.TablePath, identity.Path.ToString()),
            new(LakeProperties.Offsets, ""),
            new(LakeProperties.Compression, "zstd"),
        ]);
        var metadata = TableMetadata.Create(Guid.NewGuid(), Location, LakeColumns.Extend(schema), spec, properties, _time.GetUtcNow().ToUnixTimeMilliseconds());
        await _files.TryCreateAsync(LakeNames.Metadata(1), TableMetadataWriter.Write(metadata), cancellationToken).ConfigureAwait(false);
        return Require(await _heads.ReadAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new GridException(GridErrorCode.StorageFailed, $"The lake table at {Location} was made and is gone; it is being dropped."), identity);
    }

    /// <summary>Brings a change into the table, once. Cancelled, it says what it knows: discarded before a version was sent, unknown afterwards.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>: there is no table; <see cref="GridErrorCode.Corrupt"/>: it does not read.</exception>
    public Task<LakeCommit> CommitAsync(LakeChange change, CancellationToken cancellationToken) =>
        new LakeCommitter(_files, _heads, new ChangeUpdate(_files, _offsets, change, _time, _options), _time, _options).RunAsync(cancellationToken);

    /// <summary>Takes old snapshots out of the table, and deletes the files that only they referred to and metadata files that are long forgotten.</summary>
    /// <returns>Files deleted.</returns>
    public async Task<int> ExpireAsync(CancellationToken cancellationToken)
    {
        if (await _heads.ReadAsync(cancellationToken).ConfigureAwait(false) is null)
            return 0;
        var update = new ExpiryUpdate(_time, _options);
        var commit = await new LakeCommitter(_files, _heads, update, _time, _options).RunAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var deleted = commit.Outcome == LakeOutcome.Committed
            ? await _cleaner.DeleteExpiredAsync(commit.State!.Metadata, update.Expired, cancellationToken).ConfigureAwait(false) : 0;
        return commit.State is { } head ? deleted + await _cleaner.DeleteMetadataAsync(head, cancellationToken).ConfigureAwait(false) : deleted;
    }

    /// <summary>Deletes files that nothing refers to and that are old enough to be nobody's any more.</summary>
    /// <returns>Files deleted.</returns>
    public Task<int> DeleteOrphansAsync(CancellationToken cancellationToken) => _cleaner.DeleteOrphansAsync(cancellationToken);

    /// <summary>Deletes everything below the folder: the table is dropped. May be called again.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        _heads.Forget();
        await foreach (var entry in _files.ListAsync("", cancellationToken).ConfigureAwait(false))
            await _files.DeleteAsync(entry.Name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The live data files of a version's current snapshot.</summary>
    /// <param name="state">The version.</param>
    /// <param name="bucket">Only those of this bucket; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public IAsyncEnumerable<LakeFile> ListFilesAsync(LakeState state, int? bucket, CancellationToken cancellationToken) =>
        LakeScan.ListAsync(_files, state.Metadata, ManifestContent.Data, bucket, _options, cancellationToken);

    /// <summary>The live delete files of a version's current snapshot.</summary>
    /// <param name="state">The version.</param>
    /// <param name="bucket">Only those of this bucket; null: all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public IAsyncEnumerable<LakeFile> ListDeletesAsync(LakeState state, int? bucket, CancellationToken cancellationToken) =>
        LakeScan.ListAsync(_files, state.Metadata, ManifestContent.Deletes, bucket, _options, cancellationToken);

    /// <summary>Whether a version's current snapshot has files of deletes, of whatever bucket.</summary>
    public async Task<bool> HasDeletesAsync(LakeState state, CancellationToken cancellationToken) =>
        state.Metadata.CurrentSnapshot is { } snapshot
        && (await ManifestFiles.ReadListAsync(_files, snapshot, _options, cancellationToken).ConfigureAwait(false)).Any(manifest => manifest.Content == ManifestContent.Deletes && manifest.HasLiveFiles);

    private LakeState Require(LakeState state, LakeTableIdentity identity)
    {
        RequireOf(state.Metadata, identity);
        return state;
    }

    private void RequireOf(TableMetadata metadata, LakeTableIdentity identity)
    {
        var id = metadata.Properties.GetValueOrDefault(LakeProperties.TableId);
        if (id != identity.Table.Value.ToString(CultureInfo.InvariantCulture))
            throw new GridException(GridErrorCode.AlreadyExists,
                $"{Location} has the lake table of another Grid table: its '{LakeProperties.TableId}' is {(id is null ? "missing" : $"'{id}'")}, this one's is '{identity.Table}' ({identity.Path}). "
                + "Give this grid a warehouse of its own, or move that folder away.");
    }
}
