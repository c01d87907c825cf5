using System.Buffers.Binary;
using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Reading;

namespace Grid.Storage.Tests.Lake.Compaction;

public sealed class CompactionPlanTests
{
    private static readonly CompactionRule Rule = new(FilesMin: 4, Growth: 3, SmallBytes: 1000, RunBytesMax: 3000);

    [Theory]
    [InlineData("", "")]
    [InlineData("10 10 10", "")]
    [InlineData("10 10 10 10", "0-4")]
    [InlineData("90 10 10 10", "")] // a row in the large one would come into a file that is hardly larger
    [InlineData("90 10 10 10 10", "1-5")]
    [InlineData("90 90 90 10 10", "0-5")]
    [InlineData("10 10 | 10 10", "")] // offsets that nobody has between them
    [InlineData("10 10 10 10 | 10 10 10 10", "0-4 4-8")]
    [InlineData("10 10 10 10 1000 10 10 10 10", "0-4 5-9")]
    [InlineData("900 900 900 900", "")] // no more than three of them go into one file
    [InlineData("900 900 900 100 100", "0-5")]
    [InlineData("500 500 500 500 500 500 500 500", "0-6")]
    public void Small_files_that_follow_each_other_become_one_where_it_is_worth_it(string files, string runs) =>
        Assert.Equal(runs, Text(Files(files), Rule));

    [Fact]
    public void Who_asks_for_it_gets_all_that_is_small() =>
        Assert.Equal("0-2 2-5", Text(Files("90 10 | 7 900 20 1000 3"), Rule.WhenAsked));

    [Fact]
    public void A_run_has_no_more_files_than_a_commit_may_name()
    {
        var runs = CompactionPlan.Of(Files(string.Join(' ', Enumerable.Repeat("1", 2500))), Rule with { RunBytesMax = 1_000_000 });
        Assert.Equal([1000, 1000, 500], runs.Select(run => run.Length));
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(8, 4)]
    [InlineData(2, 3)]
    [InlineData(12, 10)]
    public void No_row_is_rewritten_more_often_than_the_logarithm_of_its_files_growth_and_few_files_stay_small(int filesMin, int growth)
    {
        var first = Random.Shared.Next();
        for (var seed = first; seed < first + 25; seed++)
            Run(new Random(seed), new CompactionRule(filesMin, growth, SmallBytes: 1_000_000 / growth, RunBytesMax: 1_000_000), seed);
    }

    /// <summary>Files come in one after another and are compacted as long as there is something to do; each carries along how its rows came there.</summary>
    private static void Run(Random random, CompactionRule rule, int seed)
    {
        var files = new List<(LakeBucketFile File, long RowsFirstMin, int Rewrites)>();
        var end = 0L;
        var (appended, rewritten) = (0L, 0L);
        var (sizes, even) = (random.Next(3), random.Next(1, 3000));
        for (var i = 0; i < 1500; i++)
        {
            var rows = sizes switch { 0 => even, 1 => random.Next(1, 5000), _ => (long)Math.Exp(random.NextDouble() * 12) };
            // Now and then an offset has no row, which no file may span.
            end += random.Next(300) == 0 ? 1 : 0;
            files.Add((File(end, rows, rows), rows, 0));
            appended += rows;
            end += rows;
            for (var rounds = 0; ; rounds++)
            {
                Assert.True(rounds < 100, $"seed {seed}: compaction does not end");
                var runs = CompactionPlan.Of([.. files.Select(file => file.File)], rule);
                if (runs.IsEmpty)
                    break;
                foreach (var run in runs)
                {
                    var at = files.FindIndex(file => file.File == run[0]);
                    var parts = files.GetRange(at, run.Length);
                    var total = run.Sum(file => file.File.Rows);
                    rewritten += total;
                    files.RemoveRange(at, run.Length);
                    files.Insert(at, (File(run[0].Start.Value, total, total), parts.Min(part => part.RowsFirstMin), parts.Max(part => part.Rewrites) + 1));
                    Assert.All(parts, part => Assert.True(total >= rule.Growth * part.File.File.Rows));
                }
            }
        }

        foreach (var (file, rowsFirst, rewrites) in files)
            Assert.True(rewrites <= Math.Log((double)file.File.Rows / rowsFirst, rule.Growth) + 1e-9, $"seed {seed}: {rewrites} rewrites from {rowsFirst} rows to {file.File.Rows}");
        Assert.True(rewritten <= appended * Math.Log(1_000_000, rule.Growth), $"seed {seed}: {rewritten} rows rewritten of {appended}");
        if (sizes == 0)
        {
            // Of each size fewer than make one, between two gaps.
            var gaps = files.Zip(files.Skip(1)).Count(pair => pair.First.File.End != pair.Second.File.Start);
            var small = files.Count(file => file.File.File.Bytes < rule.SmallBytes);
            var levels = Math.Ceiling(Math.Log(1_000_000.0 / even, rule.Growth)) + 1;
            Assert.True(small <= (gaps + (appended / rule.SmallBytes) + 1) * Math.Max(rule.FilesMin, rule.Growth) * levels, $"seed {seed}: {small} of {files.Count} files are small");
        }
    }

    private static string Text(IReadOnlyList<LakeBucketFile> files, CompactionRule rule) => string.Join(' ', CompactionPlan.Of(files, rule).Select(run =>
    {
        var first = files.ToList().IndexOf(run[0]);
        return $"{first}-{first + run.Length}";
    }));

    /// <summary>Files of so many bytes and rows; a bar stands for an offset without a row.</summary>
    private static List<LakeBucketFile> Files(string text)
    {
        var files = new List<LakeBucketFile>();
        var end = 0L;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var rows = word == "|" ? 1 : long.Parse(word, System.Globalization.CultureInfo.InvariantCulture);
            if (word != "|")
                files.Add(File(end, rows, rows));
            end += rows;
        }

        return files;
    }

    private static LakeBucketFile File(long from, long rows, long bytes) => LakeBucketFiles.Of([new LakeFile
    {
        Location = $"memory://lake/{from}",
        Partition = [0],
        Rows = rows,
        Bytes = bytes,
        LowerBounds = Bound(from),
        UpperBounds = Bound(from + rows - 1),
    }])[0];

    private static ImmutableSortedDictionary<int, ImmutableArray<byte>> Bound(long offset)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, offset);
        return ImmutableSortedDictionary<int, ImmutableArray<byte>>.Empty.Add(LakeColumns.Offset.Id.Value, [.. bytes]);
    }
}
