using System.Collections.Immutable;
using System.Globalization;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>The counts of a snapshot's summary (the spec's Appendix F). For people and for programs that estimate: what decides is in the manifests.</summary>
internal static class SnapshotSummary
{
    private const string SizeTotal = "total-files-size";

    /// <param name="change">What came in; its own keys stay where they are none of these.</param>
    /// <param name="removed">What went.</param>
    /// <param name="manifests">All manifests of the snapshot.</param>
    /// <param name="parent">The summary of the snapshot before it; null: it is the first.</param>
    public static ImmutableSortedDictionary<string, string> Of(
        LakeChange change, ImmutableArray<LakeFile> removed, ImmutableArray<ManifestFile> manifests, ImmutableSortedDictionary<string, string>? parent)
    {
        var summary = change.Summary.WithComparers(StringComparer.Ordinal).ToBuilder();
        var data = change.Added.Where(file => file.Content == LakeFileContent.Data).ToArray();
        var deletes = change.Added.Where(file => file.Content == LakeFileContent.PositionDeletes).ToArray();
        var bytes = change.Added.Sum(file => file.Bytes);
        Set("added-data-files", data.Length);
        Set("added-records", data.Sum(file => file.Rows));
        Set("added-files-size", bytes);
        if (deletes.Length > 0)
        {
            Set("added-delete-files", deletes.Length);
            Set("added-position-delete-files", deletes.Length);
            Set("added-position-deletes", deletes.Sum(file => file.Rows));
        }

        if (!removed.IsEmpty)
        {
            SetRemoved(LakeFileContent.Data, "deleted-data-files", "deleted-records");
            SetRemoved(LakeFileContent.PositionDeletes, "removed-position-delete-files", "removed-position-deletes");
            SetRemoved(LakeFileContent.EqualityDeletes, "removed-equality-delete-files", "removed-equality-deletes");
            if (removed.Count(file => file.Content != LakeFileContent.Data) is > 0 and var count)
                Set("removed-delete-files", count);
            Set("removed-files-size", removed.Sum(file => file.Bytes));
            bytes -= removed.Sum(file => file.Bytes);
        }

        Set("changed-partition-count", change.Added.Concat(removed).Select(file => string.Join('|', file.Partition)).Distinct().Count());
        Set("total-data-files", Live(ManifestContent.Data, counts => counts.Files));
        Set("total-records", Live(ManifestContent.Data, counts => counts.Rows));
        Set("total-delete-files", Live(ManifestContent.Deletes, counts => counts.Files));
        Set("total-position-deletes", Live(ManifestContent.Deletes, counts => counts.Rows));
        Set("total-equality-deletes", 0);
        // No list has sizes: told only as long as each snapshot before told it.
        if (parent is null)
            Set(SizeTotal, bytes);
        else if (parent.TryGetValue(SizeTotal, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var before))
            Set(SizeTotal, Math.Max(0, before + bytes));
        return summary.ToImmutable();

        void Set(string key, long value) => summary[key] = value.ToString(CultureInfo.InvariantCulture);

        void SetRemoved(LakeFileContent content, string files, string rows)
        {
            var of = removed.Where(file => file.Content == content).ToArray();
            if (of.Length == 0)
                return;
            Set(files, of.Length);
            Set(rows, of.Sum(file => file.Rows));
        }

        long Live(ManifestContent content, Func<FileCounts, long> count) => manifests.Where(manifest => manifest.Content == content).Sum(manifest => count(manifest.Added) + count(manifest.Existing));
    }
}
