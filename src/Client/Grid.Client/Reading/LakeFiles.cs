using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>Opens a snapshot of a table's lake, page by page. A version that goes while it is read is read again from the newest.</summary>
internal sealed class LakeFiles(TableHandle table)
{
    /// <summary>Most files of a snapshot.</summary>
    private const int FilesMax = 1_000_000;
    private const int AttemptsMax = 3;

    /// <param name="version">The version; null: the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<LakeSnapshot> OpenAsync(int? version, CancellationToken cancellationToken)
    {
        if (version is < 1)
            throw new GridException(GridErrorCode.InvalidArgument, $"Lake version {version} does not exist; versions begin at 1.");
        var schema = table.Info.Schema;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ReadAsync(schema, version ?? 0, cancellationToken).ConfigureAwait(false);
            }
            catch (GridException refusal) when (refusal.Code == GridErrorCode.UnknownLakeVersion && version is null && attempt < AttemptsMax)
            {
                // Between two pages the version became so old that it was deleted.
            }
        }
    }

    private async Task<LakeSnapshot> ReadAsync(TableSchema schema, int version, CancellationToken cancellationToken)
    {
        var first = Check(await PageAsync(version, 0, cancellationToken).ConfigureAwait(false), version, 0);
        if (first.Tiered.IsDefault || first.Tiered.Length != table.Buckets)
            throw Illegal($"offsets of {(first.Tiered.IsDefault ? 0 : first.Tiered.Length)} buckets; the table has {table.Buckets}");
        var files = ImmutableArray.CreateBuilder<LakeDataFile>();
        files.AddRange(first.Files);
        for (var next = first.Next; next is { } skip;)
        {
            var page = Check(await PageAsync(first.Version, skip, cancellationToken).ConfigureAwait(false), first.Version, skip);
            files.AddRange(page.Files);
            next = page.Next;
        }

        return new LakeSnapshot(schema, first.Location, first.Version, first.Snapshot, DateTimeOffset.FromUnixTimeMilliseconds(first.CommittedMs), first.Tiered, files.DrainToImmutable());
    }

    private Task<LakeFilesAnswer> PageAsync(int version, int skip, CancellationToken cancellationToken) =>
        table.Connection.Retry.RunAsync(() => table.Lake.ListFilesAsync(new LakeFilesRequest { Version = version, Skip = skip }), cancellationToken);

    private LakeFilesAnswer Check(LakeFilesAnswer page, int version, int skip)
    {
        if (version != 0 && page.Version != version)
            throw Illegal($"version {page.Version} where {version} was asked for");
        if (page.Files.IsDefault || (page.Next is { } next && (page.Files.IsEmpty || next != skip + page.Files.Length)))
            throw Illegal($"{(page.Files.IsDefault ? 0 : page.Files.Length)} files behind {skip}, and more behind {page.Next}");
        if (page.Next > FilesMax)
            throw new GridException(GridErrorCode.TooLarge, $"The lake table of {table.Info.Path} has more than {FilesMax} files, which is the most that is read.");
        if (page.CommittedMs < 0 || page.CommittedMs > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            throw Illegal($"a version that was committed {page.CommittedMs} ms after 1970");
        foreach (var file in page.Files)
            if (string.IsNullOrEmpty(file.Location) || file.Location.Length > LakeDataFile.LocationLengthMax || file.Bytes <= 0 || file.Rows < 0 || file.Bucket >= table.Buckets || file.Bucket < LakeDataFile.BucketUnknown
                || !Enum.IsDefined(file.Content))
                throw Illegal($"a file of bucket {file.Bucket} with {file.Bytes} bytes, {file.Rows} rows and a location of {file.Location?.Length ?? 0} characters");
        return page;
    }

    private GridException Illegal(string what) => new(GridErrorCode.Corrupt, $"The lake of {table.Info.Path} answered {what}; report this.");
}
