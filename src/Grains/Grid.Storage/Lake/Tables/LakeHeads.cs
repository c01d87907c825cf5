using System.Globalization;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// Finds the newest metadata file of a table. Versions have no gaps above the oldest that is left, because each was created on top of the one before it and they are deleted from the oldest on. So from any that is
/// there the newest is found by probing: doubled steps up to one that is missing, then halved ones.
/// <para>
/// A version whose follower is missing is the newest only if it is still there afterwards: where versions are being deleted, the follower may have gone too, and then it itself went before. So its file is read
/// last, and where it is missing the folder is listed.
/// </para>
/// </summary>
internal sealed class LakeHeads(LakeTableFiles files, LakeOffsetsFile offsets)
{
    private const int ReadsMax = 8;
    private const int HintBytesMax = 32;
    private LakeState? _cached;

    /// <summary>The newest version; null where there is no table.</summary>
    public Task<LakeState?> ReadAsync(CancellationToken cancellationToken) =>
        ReadNewestAsync(async version => await FindAsync(version, cancellationToken).ConfigureAwait(false) is { } state ? Remember(state) : null, cancellationToken);

    /// <summary>The newest version's file as it is, checked as <see cref="ReadAsync"/> checks it; null where there is no table.</summary>
    public Task<LakeMetadataFile?> ReadFileAsync(CancellationToken cancellationToken) => ReadNewestAsync(async version =>
        await ReadBytesAsync(version, cancellationToken).ConfigureAwait(false) is { } bytes
            ? new LakeMetadataFile(version, files.LocationOf(LakeNames.Metadata(version)), TableMetadataReader.Read(bytes), bytes) : null, cancellationToken);

    /// <summary>Whether there is a table, without reading any of it.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken) =>
        (await ReadHintAsync(cancellationToken).ConfigureAwait(false) is { } hint && await files.FindLengthAsync(LakeNames.Metadata(hint), cancellationToken).ConfigureAwait(false) is not null)
        || await ListNewestAsync(cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>A version; null where there is none of that number.</summary>
    public async Task<LakeState?> FindAsync(int version, CancellationToken cancellationToken)
    {
        // What was created is not changed, so that what was read once need not be parsed again. It may have been deleted.
        if (Volatile.Read(ref _cached) is { } cached && cached.Version == version)
            return await files.FindLengthAsync(LakeNames.Metadata(version), cancellationToken).ConfigureAwait(false) is null ? null : cached;
        if (await ReadBytesAsync(version, cancellationToken).ConfigureAwait(false) is not { } bytes)
            return null;
        var metadata = TableMetadataReader.Read(bytes);
        return new LakeState(version, metadata, await offsets.ReadAsync(metadata.Properties, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Keeps a version that is known to be in the table, and gives it back.</summary>
    public LakeState Remember(LakeState state)
    {
        Volatile.Write(ref _cached, state);
        return state;
    }

    /// <summary>Forgets it: the table is dropped.</summary>
    public void Forget() => Volatile.Write(ref _cached, null);

    /// <summary>Tells readers without a catalog where to begin.</summary>
    public Task WriteHintAsync(int version, CancellationToken cancellationToken) =>
        files.PutAsync(LakeNames.VersionHint, Encoding.ASCII.GetBytes(version.ToString(CultureInfo.InvariantCulture)), cancellationToken);

    /// <summary>Has the newest version's file read; again, where it is gone by then.</summary>
    private async Task<T?> ReadNewestAsync<T>(Func<int, Task<T?>> read, CancellationToken cancellationToken)
        where T : class
    {
        var begin = Volatile.Read(ref _cached)?.Version ?? await ReadHintAsync(cancellationToken).ConfigureAwait(false);
        for (var attempt = 0; attempt < ReadsMax; attempt++)
        {
            if (begin is not { } from || await files.FindLengthAsync(LakeNames.Metadata(from), cancellationToken).ConfigureAwait(false) is null)
            {
                if (await ListNewestAsync(cancellationToken).ConfigureAwait(false) is not { } listed)
                    return null;
                from = listed;
            }

            var newest = await ProbeAsync(from, cancellationToken).ConfigureAwait(false);
            if (await read(newest).ConfigureAwait(false) is { } found)
                return found;
            begin = null;
        }

        throw new GridException(GridErrorCode.StorageFailed, $"The newest version of {files.Location} was gone {ReadsMax} times before it was read; try again, and see that only one process cleans the table up.");
    }

    private Task<ReadOnlyMemory<byte>?> ReadBytesAsync(int version, CancellationToken cancellationToken) =>
        files.ReadAsync(LakeNames.Metadata(version), "table metadata", TableMetadataReader.BytesMax, cancellationToken);

    private async Task<int?> ReadHintAsync(CancellationToken cancellationToken)
    {
        var bytes = await files.ReadBeginningAsync(LakeNames.VersionHint, HintBytesMax, cancellationToken).ConfigureAwait(false);
        return bytes is { } hint && int.TryParse(Encoding.ASCII.GetString(hint.Span).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 ? version : null;
    }

    private async Task<int?> ListNewestAsync(CancellationToken cancellationToken)
    {
        int? newest = null;
        await foreach (var entry in files.ListAsync(LakeTableFiles.MetadataFolder, cancellationToken).ConfigureAwait(false))
            if (LakeNames.VersionOf(entry.Name) is { } version && version > (newest ?? 0))
                newest = version;
        return newest;
    }

    /// <summary>The newest at or above one that is there.</summary>
    private async Task<int> ProbeAsync(int from, CancellationToken cancellationToken)
    {
        var step = 1;
        while (from <= int.MaxValue - step && await IsThereAsync(from + step).ConfigureAwait(false))
        {
            from += step;
            step *= 2;
        }

        // from is there, from + step is not.
        for (step /= 2; step > 0; step /= 2)
            if (await IsThereAsync(from + step).ConfigureAwait(false))
                from += step;
        return from;

        async Task<bool> IsThereAsync(int version) => await files.FindLengthAsync(LakeNames.Metadata(version), cancellationToken).ConfigureAwait(false) is not null;
    }
}
