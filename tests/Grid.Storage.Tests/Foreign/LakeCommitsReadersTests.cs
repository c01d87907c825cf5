using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Tests.Lake.Tables;
using Grid.Testing.Rows;

namespace Grid.Storage.Tests.Foreign;

/// <summary>A table after commits, a merge of its manifests and an expiry, read by engines that know nothing of Grid.</summary>
public sealed class LakeCommitsReadersTests : IDisposable
{
    private const int Commits = 7;
    private const int Rows = 10;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-lake-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_table_after_commits_a_merge_and_an_expiry_is_read_by_ClickHouse_and_icebird()
    {
        var time = new ImpatientTime();
        var store = new LakeDirectory(_directory.FullName);
        var table = await TestTable.CreateAsync(store, time, TestTable.Options with { ManifestsMergeMin = 3, SnapshotsKept = 2, SnapshotAgeMsMax = 0 });
        var offsets = LakeOffsets.None;
        for (var i = 0; i < Commits; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            var bucket = TestTable.Bucket(i % TestTable.Buckets);
            var begin = offsets[bucket].Value;
            var next = offsets.With(bucket, new LogOffset(begin + Rows));
            var file = await WriteAsync(store, bucket.Number, begin, $"{i}.parquet");
            var commit = await table.CommitAsync(new LakeChange { From = offsets, To = next, Added = [file], Schema = TestTable.Schema }, default);
            Assert.Equal(LakeOutcome.Committed, commit.Outcome);
            offsets = next;
        }

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await table.ExpireAsync(default) > 0);

        var (queries, icebird) = await LakeReaders.ReadAsync(Path.Combine(_directory.FullName, TestTable.Folder), table.Location,
            "select count() as n from LAKE",
            "select `__bucket` as b, count() as n, max(`__offset`) + 1 as o from LAKE group by b order by b");

        Assert.Equal(Commits * Rows, icebird.Length);
        if (!LakeReaders.HasClickHouse)
            return;
        Assert.Equal("70", queries[0][0].GetProperty("n").ToString());
        Assert.Equal(
            (await table.ReadAsync(default))!.Offsets.ToString(),
            string.Join(',', queries[1].Select(row => $"0/{row.GetProperty("b")}={row.GetProperty("o")}")));
        Assert.All(queries[1], row => Assert.Equal(row.GetProperty("o").ToString(), row.GetProperty("n").ToString()));
    }

    [Fact]
    public async Task Each_snapshot_reads_alike_before_and_after_a_compaction_by_ClickHouse_and_icebird()
    {
        var time = new ImpatientTime();
        var store = new LakeDirectory(_directory.FullName);
        var table = await TestTable.CreateAsync(store, time);
        var offsets = LakeOffsets.None;
        for (var i = 0; i < 2 * Commits; i++)
        {
            var bucket = TestTable.Bucket(i % 2);
            var begin = offsets[bucket].Value;
            var next = offsets.With(bucket, new LogOffset(begin + Rows));
            var file = await WriteAsync(store, bucket.Number, begin, $"{i}.parquet");
            Assert.Equal(LakeOutcome.Committed, (await table.CommitAsync(new LakeChange { From = offsets, To = next, Added = [file], Schema = TestTable.Schema }, default)).Outcome);
            offsets = next;
        }

        var (countBefore, rowsBefore, icebirdBefore) = await ReadAsync();
        var tier = new TierOptions();
        var worker = new BucketCompaction(store, new WriterTurns(1, time), tier);
        var compaction = new TableCompaction(table, store, worker.RunAsync, new CompactionOptions { FilesMin = 4, Growth = 4 }, tier.FileBytesTarget);
        var info = new TableInfo { Path = TestTable.Identity.Path, Id = TestTable.Identity.Table, Schemas = [TestTable.Schema], Options = new TableOptions { Buckets = TestTable.Buckets } };
        Assert.Equal((2 * Commits, 2), await compaction.RunAsync(info, default) is var step ? (step.Removed, step.Added) : default);

        var (countAfter, rowsAfter, icebirdAfter) = await ReadAsync();
        Assert.Equal(2 * Commits * Rows, icebirdBefore.Length);
        Assert.Equal(icebirdBefore.Order(StringComparer.Ordinal), icebirdAfter.Order(StringComparer.Ordinal));
        Assert.Equal((countBefore, rowsBefore), (countAfter, rowsAfter));

        // Snapshots of before are there, and as they were.
        if (!LakeReaders.HasClickHouse)
            return;
        var snapshots = (await table.ReadAsync(default))!.Metadata.Snapshots;
        var (counts, _) = await LakeReaders.ReadAsync(Path.Combine(_directory.FullName, TestTable.Folder), table.Location,
            [.. snapshots.Select(snapshot => $"select count() as n from LAKE settings iceberg_snapshot_id = {snapshot.Id}")]);
        Assert.Equal([.. Enumerable.Range(1, 2 * Commits).Select(i => $"{i * Rows}"), $"{2 * Commits * Rows}"], counts.Select(rows => rows[0].GetProperty("n").ToString()));

        async Task<(string Count, string Rows, string[] Icebird)> ReadAsync()
        {
            var (queries, icebird) = await LakeReaders.ReadAsync(Path.Combine(_directory.FullName, TestTable.Folder), table.Location,
                "select count() as n from LAKE", "select * from LAKE order by `__bucket`, `__offset`");
            return (string.Join(',', queries.FirstOrDefault() ?? []), string.Join(',', queries.LastOrDefault() ?? []), [.. icebird.Select(row => row.ToString())]);
        }
    }

    private static async Task<LakeFile> WriteAsync(LakeDirectory store, int bucket, long begin, string name)
    {
        var schema = LakeColumns.Extend(TestTable.Schema);
        using var bytes = new MemoryStream();
        LakeFile file;
        using (var writer = new LakeFileWriter(bytes, schema, new LakeWriterOptions()))
        {
            using var rows = ArrowRows.Build(schema, [.. Enumerable.Range(0, Rows).Select(i => (object?[])[begin + i, $"name {i}", bucket, begin + i, DateTimeOffset.UnixEpoch])]);
            writer.Write(rows);
            file = writer.Close($"{store.Root}/{TestTable.Folder}/data/{name}", [bucket]);
        }

        await store.TryCreateAsync($"{TestTable.Folder}/data/{name}", bytes.ToArray(), default);
        return file;
    }
}
