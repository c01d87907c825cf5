using System.Collections.Immutable;
using Grid.Storage.Lake.Reading;

namespace Grid.Storage.Lake.Compaction;

/// <summary>
/// Which files of a bucket become one. Size-tiered: files that follow each other without a gap, all small, at least so many, and none with more than a part of all their rows. So each row that is rewritten comes into a file
/// with <see cref="CompactionRule.Growth"/> times as many rows at least, and no row is rewritten more often than the logarithm, to that base, of the factor by which its file grows: that bounds the work, and ends
/// it. Rows are counted, not bytes, because those of the new file are known before it is written. Files of less than <see cref="CompactionRule.SmallBytes"/> that find no company stay as they are.
/// </summary>
internal static class CompactionPlan
{
    /// <summary>The files in groups, each of which becomes one.</summary>
    /// <param name="files">A bucket's small files, in the order of their offsets.</param>
    /// <param name="rule">What is worth it.</param>
    public static ImmutableArray<ImmutableArray<LakeBucketFile>> Of(IReadOnlyList<LakeBucketFile> files, CompactionRule rule)
    {
        var runs = ImmutableArray.CreateBuilder<ImmutableArray<LakeBucketFile>>();
        for (var first = 0; first < files.Count;)
        {
            var end = EndOf(files, first, rule);
            if (end > first)
                runs.Add([.. files.Skip(first).Take(end - first)]);
            first = Math.Max(first + 1, end);
        }

        return runs.ToImmutable();
    }

    /// <summary>The end of the longest group that begins with a file; its beginning where there is none.</summary>
    private static int EndOf(IReadOnlyList<LakeBucketFile> files, int first, CompactionRule rule)
    {
        var (bytes, rows, rowsMax, end) = (0L, 0L, 0L, first);
        for (var i = first; i < files.Count && i - first < CompactionRule.RunFilesMax; i++)
        {
            var file = files[i];
            bytes += file.File.Bytes;
            if (file.File.Bytes >= rule.SmallBytes || bytes > rule.RunBytesMax || (i > first && files[i - 1].End != file.Start))
                break;
            rows += file.File.Rows;
            rowsMax = Math.Max(rowsMax, file.File.Rows);
            if (i - first + 1 >= rule.FilesMin && rows >= rule.Growth * rowsMax)
                end = i + 1;
        }

        return end;
    }
}
