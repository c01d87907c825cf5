using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Tables;
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
