using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Replication;

/// <summary>
/// The buckets' records, one object each: <c>records/TABLE/PARTITION/BUCKET.json</c>, changed only by compare-and-swap. An outcome that is not known
/// (<see cref="GridErrorCode.StorageFailed"/>) is passed on: whoever gets it reads the record and goes on from there. Nothing is kept in memory. Thread safe.
/// </summary>
public sealed class BucketRecordStore(IObjectStore objects)
{
    private const string Folder = "records/";
    private const string Extension = ".json";

    /// <summary>Reads a record; null where there is none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: it is damaged; <see cref="GridErrorCode.StorageFailed"/>: the store does not answer.</exception>
    public async Task<VersionedRecord?> ReadAsync(BucketId bucket, CancellationToken cancellationToken)
    {
        var name = NameOf(bucket);
        var content = await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        return content is null ? null : new VersionedRecord(RecordJson.Read(name, content), content.Tag);
    }

    /// <summary>Makes a record; null where there is one already.</summary>
    public async Task<VersionedRecord?> TryCreateAsync(BucketId bucket, BucketRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        Assert(bucket, RecordRules.FindProblem(record));
        var tag = await objects.TryCreateAsync(NameOf(bucket), RecordJson.Write(record), cancellationToken).ConfigureAwait(false);
        return tag is { } created ? new VersionedRecord(record, created) : null;
    }

    /// <summary>Replaces a record that still is what was read; null where it is not, or is gone.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="expected">What was read.</param>
    /// <param name="next">What it is to be. The epoch never falls, and only rises to another leader, who was in sync.</param>
    /// <param name="cancellationToken">Gives up; the outcome is then unknown.</param>
    /// <exception cref="UnreachableException">The change breaks a rule: a bug of the caller.</exception>
    public async Task<VersionedRecord?> TryReplaceAsync(BucketId bucket, VersionedRecord expected, BucketRecord next, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(next);
        Assert(bucket, RecordRules.FindProblem(expected.Record, next));
        var tag = await objects.TryReplaceAsync(NameOf(bucket), RecordJson.Write(next), expected.Tag, cancellationToken).ConfigureAwait(false);
        return tag is { } replaced ? new VersionedRecord(next, replaced) : null;
    }

    /// <summary>Deletes a record; false where there is none.</summary>
    public Task<bool> DeleteAsync(BucketId bucket, CancellationToken cancellationToken) => objects.DeleteAsync(NameOf(bucket), cancellationToken);

    /// <summary>The buckets of a table, or of all, that have a record; names alone are read. Objects with names of another form are passed over.</summary>
    public async IAsyncEnumerable<BucketId> ListAsync(TableId? table, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (bucket, _) in ListTagsAsync(table, cancellationToken).ConfigureAwait(false))
            yield return bucket;
    }

    /// <summary>As <see cref="ListAsync"/>, with the tag of each record: who has read one before need not read it again while its tag is the same.</summary>
    public async IAsyncEnumerable<(BucketId Bucket, ObjectTag Tag)> ListTagsAsync(TableId? table, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = table is { } one ? string.Create(CultureInfo.InvariantCulture, $"{Folder}{one.Value}/") : Folder;
        await foreach (var entry in objects.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            if (TryParse(entry.Name, out var bucket))
                yield return (bucket, entry.Tag);
    }

    private static string NameOf(BucketId bucket) => $"{Folder}{bucket}{Extension}";

    private static bool TryParse(string name, out BucketId bucket)
    {
        bucket = default;
        if (!name.EndsWith(Extension, StringComparison.Ordinal))
            return false;
        try
        {
            bucket = BucketId.Parse(name[Folder.Length..^Extension.Length]);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static void Assert(BucketId bucket, string? problem)
    {
        if (problem is not null)
            throw new UnreachableException($"The record of bucket {bucket} must not become this: {problem}.");
    }
}
