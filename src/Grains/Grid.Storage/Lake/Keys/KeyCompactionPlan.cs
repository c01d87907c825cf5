using System.Collections.Immutable;

namespace Grid.Storage.Lake.Keys;

/// <summary>A file of a bucket of a primary-key table and how many rows of it still count: of a delete file, those whose data file is part of the table.</summary>
/// <param name="File">The file.</param>
/// <param name="Live">Rows that count.</param>
internal readonly record struct CountedFile(LakeFile File, long Live);

/// <summary>
/// Which files of a primary-key table's bucket are worth being rewritten. Data files of which a share is gone, so that readers don't read for nothing; small ones, by tiers of their sizes, so that no row is rewritten
/// more often than the logarithm of the factor by which its file grows; delete files by the same tiers. What has no live row goes without being rewritten.
/// </summary>
/// <param name="Data">Data files whose live rows become one file, or a few.</param>
/// <param name="Deletes">Delete files that become one.</param>
/// <param name="Dead">Files of either kind of which nothing counts any more.</param>
internal sealed record KeyCompactionPlan(ImmutableArray<LakeFile> Data, ImmutableArray<LakeFile> Deletes, ImmutableArray<LakeFile> Dead)
{
    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => Data.IsEmpty && Deletes.IsEmpty && Dead.IsEmpty;

    /// <summary>Plans.</summary>
    public static KeyCompactionPlan Of(IEnumerable<CountedFile> data, IEnumerable<CountedFile> deletes, KeyCompactionRule rule)
    {
        var files = data.ToArray();
        var others = deletes.ToArray();
        var dead = files.Concat(others).Where(file => file.Live == 0).Select(file => file.File).Take(rule.FilesMax).ToImmutableArray();
        var chosen = new List<CountedFile>();
        chosen.AddRange(Tier(files.Where(file => file.Live > 0 && file.File.Bytes < rule.SmallBytes), rule));

        // The most deleted first: what does not fit in comes next time.
        foreach (var file in files.Where(file => file.Live > 0 && IsMuchDeleted(file, rule)).OrderBy(file => (double)file.Live / file.File.Rows))
            if (chosen.Count < rule.FilesMax && !chosen.Contains(file) && (chosen.Count == 0 || chosen.Sum(other => LiveBytes(other)) + LiveBytes(file) <= rule.BytesMax))
                chosen.Add(file);

        return new KeyCompactionPlan([.. chosen.Select(file => file.File)], [.. Tier(others.Where(file => file.Live > 0), rule).Select(file => file.File)], dead);
    }

    /// <summary>The longest run of the smallest that has so many files, and so many times the rows of its largest.</summary>
    private static List<CountedFile> Tier(IEnumerable<CountedFile> files, KeyCompactionRule rule)
    {
        var sorted = files.OrderBy(file => file.Live).ThenBy(file => file.File.Location, StringComparer.Ordinal).Take(rule.FilesMax).ToList();
        var (rows, bytes, end) = (0L, 0L, 0);
        for (var i = 0; i < sorted.Count; i++)
        {
            rows += sorted[i].Live;
            bytes += LiveBytes(sorted[i]);
            if (bytes > rule.BytesMax)
                break;
            if (i + 1 >= rule.FilesMin && rows >= rule.Growth * sorted[i].Live)
                end = i + 1;
        }

        return sorted[..end];
    }

    private static bool IsMuchDeleted(CountedFile file, KeyCompactionRule rule) => (file.File.Rows - file.Live) * 100 >= file.File.Rows * (long)rule.DeletedPercent;

    private static long LiveBytes(CountedFile file) => (long)((double)file.File.Bytes * file.Live / Math.Max(1, file.File.Rows));
}
