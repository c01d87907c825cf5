using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>Lists the files of a snapshot. The last field of a partition is the bucket (<see cref="LakePartitionSpec"/>), so that manifests and files of other buckets are passed over.</summary>
internal static class LakeScan
{
    /// <summary>The live files of a version's current snapshot that hold rows or that hold deletes, one manifest at a time.</summary>
    public static async IAsyncEnumerable<LakeFile> ListAsync(
        LakeTableFiles files, TableMetadata table, ManifestContent content, int? bucket, LakeTableOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (table.CurrentSnapshot is not { } snapshot)
            yield break;
        foreach (var manifest in await ManifestFiles.ReadListAsync(files, snapshot, options, cancellationToken).ConfigureAwait(false))
        {
            if (manifest.Content != content || !manifest.HasLiveFiles || !MayHave(manifest, bucket))
                continue;
            foreach (var entry in await ManifestFiles.ReadAsync(files, manifest, table, options, cancellationToken).ConfigureAwait(false))
                if (entry.IsLive && (bucket is not { } wanted || IsOf(entry.File, wanted)))
                    yield return entry.File;
        }
    }

    /// <summary>False where a manifest's bounds rule a bucket out.</summary>
    public static bool MayHave(ManifestFile manifest, int? bucket)
    {
        // A manifest without a bound for the field has no value there, but for one that does not tell.
        if (bucket is not { } wanted || manifest.Partitions is not [.., { LowerBound: { } lower, UpperBound: { } upper }])
            return true;
        return Number(lower) <= wanted && wanted <= Number(upper);
    }

    private static int Number(ImmutableArray<byte> bound) => (int)SingleValue.Decode(DataType.Int32, bound.AsSpan())!;

    /// <summary>A file whose bucket is not told may have any.</summary>
    private static bool IsOf(LakeFile file, int bucket) => file.Partition is not [.., int number] || number == bucket;
}
