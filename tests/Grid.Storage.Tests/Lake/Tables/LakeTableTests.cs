using System.Collections.Immutable;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;

namespace Grid.Storage.Tests.Lake.Tables;

public sealed class LakeTableTests : IDisposable
{
    private readonly ImpatientTime _time = new();
    private readonly MemoryLake _lake;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grid-lake-");

    public LakeTableTests() => _lake = new MemoryLake(_time);

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task What_was_committed_to_a_directory_is_read_by_another()
    {
        var store = new LakeDirectory(_directory.FullName);
        var table = TestTable.Open(store, TimeProvider.System);
        Assert.Null(await table.ReadAsync(default));
        var created = await table.CreateAsync(TestTable.Identity, TestTable.Schema, TestTable.Spec, default);
        Assert.Equal(1, created.Version);
        Assert.Equal(LakeOffsets.None, created.Offsets);
        Assert.Equal(store.Root + "/air/flights-7", created.Metadata.Location);
        Assert.Equal(["id", "name", "__bucket", "__offset", "__timestamp"], created.Metadata.CurrentSchema.Columns.Select(column => column.Name));

        var change = await TestTable.ChangeAsync(store, created.Offsets, (0, 10), (2, 5));
        var commit = await table.CommitAsync(change with { Summary = ImmutableSortedDictionary<string, string>.Empty.Add("grid.round", "r1") }, default);

        Assert.Equal(LakeOutcome.Committed, commit.Outcome);
        var other = TestTable.Open(new LakeDirectory(_directory.FullName), TimeProvider.System);
        var state = (await other.ReadAsync(default))!;
        Assert.Equal(2, state.Version);
        Assert.Equal("0/0=10,0/2=5", state.Offsets.ToString());
        Assert.Equal(change.Added.Select(file => file.Location), (await TestTable.FilesAsync(other, state)).Select(file => file.Location));
        Assert.Equal([change.Added[1].Location], (await TestTable.FilesAsync(other, state, bucket: 2)).Select(file => file.Location));
        Assert.Empty(await TestTable.FilesAsync(other, state, bucket: 1));
        var summary = state.Metadata.CurrentSnapshot!.Summary;
        Assert.Equal(
            "added-data-files=2,added-files-size=" + change.Added.Sum(file => file.Bytes) + ",added-records=15,changed-partition-count=2,grid.offsets=0/0=10,0/2=5,grid.round=r1,operation=append,"
            + "total-data-files=2,total-delete-files=0,total-equality-deletes=0,total-files-size=" + change.Added.Sum(file => file.Bytes) + ",total-position-deletes=0,total-records=15",
            string.Join(',', summary.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal("2", Encoding.ASCII.GetString((await store.ReadRangeAsync("air/flights-7/metadata/version-hint.text", 0, 10, default))!.Value.Span));
    }

    [Fact]
    public async Task A_table_is_made_once_by_however_many()
    {
        var states = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TestTable.Open(_lake, _time).CreateAsync(TestTable.Identity, TestTable.Schema, TestTable.Spec, default))));
        Assert.Single(states.Select(state => state.Metadata.TableUuid).Distinct());

        var table = TestTable.Open(_lake, _time);
        await TestTable.CommitAsync(table, _lake, (1, 3));
        Assert.Equal(2, (await table.CreateAsync(TestTable.Identity, TestTable.Schema, TestTable.Spec, default)).Version);
    }

    [Fact]
    public async Task The_folder_of_another_table_is_refused()
    {
        await TestTable.CreateAsync(_lake, _time);
        var failure = await Assert.ThrowsAsync<GridException>(() =>
            TestTable.Open(_lake, _time).CreateAsync(new LakeTableIdentity(new TableId(8), new TablePath("air", "other")), TestTable.Schema, TestTable.Spec, default));
        Assert.Equal(GridErrorCode.AlreadyExists, failure.Code);
        Assert.Contains("'7', this one's is '8' (air.other)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Offsets_that_move_alone_make_a_version_without_a_snapshot()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        await TestTable.CommitAsync(table, _lake, (0, 10));
        var from = (await table.ReadAsync(default))!;
        var commit = await table.CommitAsync(new LakeChange { From = from.Offsets, To = from.Offsets.With(TestTable.Bucket(0), new LogOffset(30)), Schema = TestTable.Schema }, default);

        Assert.Equal(LakeOutcome.Committed, commit.Outcome);
        var state = (await TestTable.Open(_lake, _time).ReadAsync(default))!;
        Assert.Equal(3, state.Version);
        Assert.Equal("0/0=30", state.Offsets.ToString());
        Assert.Equal(from.Metadata.CurrentSnapshotId, state.Metadata.CurrentSnapshotId);
        Assert.Equal([1, 2], state.Metadata.MetadataLog.Select(entry => LakeNames.VersionOf(entry.Location[(state.Metadata.Location.Length + 1)..])!.Value));
    }

    [Fact]
    public async Task A_change_that_begins_elsewhere_is_discarded_and_leaves_nothing_but_its_data()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        var first = await TestTable.ChangeAsync(_lake, LakeOffsets.None, (0, 10));
        var second = await TestTable.ChangeAsync(_lake, LakeOffsets.None, (0, 12), (1, 1));
        Assert.Equal(LakeOutcome.Committed, (await table.CommitAsync(first, default)).Outcome);
        var before = _lake.Names;

        var commit = await table.CommitAsync(second, default);

        Assert.Equal(LakeOutcome.Discarded, commit.Outcome);
        Assert.Equal(2, commit.State!.Version);
        Assert.Equal(before, _lake.Names);
    }

    [Fact]
    public async Task A_newer_schema_comes_with_the_change_that_has_it()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        var first = await TestTable.CommitAsync(table, _lake, (0, 10));
        var schema = SchemaEvolution.Apply(TestTable.Schema, [new AddColumn(new Column("note", DataType.String))]);
        var newer = await TestTable.ChangeAsync(_lake, first.Offsets, (0, 10));
        var state = (await table.CommitAsync(newer with { Schema = schema }, default)).State!;

        Assert.Equal(["id", "name", "note", "__bucket", "__offset", "__timestamp"], state.Metadata.CurrentSchema.Columns.Select(column => column.Name));
        Assert.Equal(schema.Version.Value, state.Metadata.CurrentSnapshot!.SchemaId);
        Assert.Equal(2, state.Metadata.Schemas.Length);

        // An older one that comes late doesn't take it back.
        var late = await TestTable.CommitAsync(table, _lake, (1, 1));
        Assert.Equal(schema.Version.Value, late.Metadata.CurrentSchemaId);
    }

    [Fact]
    public async Task Many_small_manifests_are_merged_and_their_files_keep_their_numbers()
    {
        var table = await TestTable.CreateAsync(_lake, _time, TestTable.Options with { ManifestsMergeMin = 5 });
        var state = (await table.ReadAsync(default))!;
        for (var i = 0; i < 6; i++)
            state = await TestTable.CommitAsync(table, _lake, (i % 4, 10), ((i + 1) % 4, 10));

        var snapshots = state.Metadata.Snapshots;
        Assert.Equal(5, Manifests(snapshots[^2]).Length);
        var manifests = Manifests(snapshots[^1]);
        Assert.Equal(2, manifests.Length);
        Assert.Equal((2, 10), (manifests[0].Added.Files, manifests[1].Existing.Files));
        var entries = manifests.SelectMany(manifest => ManifestReader.Read(_lake.Bytes(manifest.Location), manifest, state.Metadata.DefaultSpec)).ToArray();
        Assert.Equal([.. snapshots.SelectMany(snapshot => new[] { snapshot.Id, snapshot.Id }).OrderBy(id => id.Value)], entries.Select(entry => entry.Snapshot!.Value).OrderBy(id => id.Value));
        Assert.All(entries, entry => Assert.Equal(snapshots.First(snapshot => snapshot.Id == entry.Snapshot).Sequence, entry.DataSequence));
        Assert.All(entries, entry => Assert.Equal(entry.DataSequence, entry.FileSequence));
        Assert.Equal(1, manifests[1].SequenceMin!.Value.Value);
        Assert.Equal("12", state.Metadata.CurrentSnapshot!.Summary["total-data-files"]);
        await TestTable.CheckAsync(_lake, _time);
    }

    [Fact]
    public async Task Many_buckets_have_their_offsets_in_a_file()
    {
        var table = await TestTable.CreateAsync(_lake, _time, TestTable.Options with { OffsetsInline = 2 });
        await TestTable.CommitAsync(table, _lake, (0, 1), (1, 1));
        var state = await TestTable.CommitAsync(table, _lake, (2, 1));

        Assert.False(state.Metadata.Properties.ContainsKey(LakeProperties.Offsets));
        Assert.StartsWith($"{_lake.Root}/{TestTable.Folder}/offsets/", state.Metadata.Properties[LakeProperties.OffsetsFile], StringComparison.Ordinal);
        Assert.Equal(state.Metadata.Properties[LakeProperties.OffsetsFile], state.Metadata.CurrentSnapshot!.Summary[LakeProperties.OffsetsFile]);
        Assert.Equal("0/0=1,0/1=1,0/2=1", (await TestTable.Open(_lake, _time).ReadAsync(default))!.Offsets.ToString());
        Assert.DoesNotContain(_lake.Names, name => name.Contains("metadata/", StringComparison.Ordinal) && name.EndsWith(".txt", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1")]
    [InlineData("7")]
    [InlineData("13")]
    [InlineData("999")]
    [InlineData("not a number")]
    [InlineData("-4")]
    public async Task The_head_is_found_whatever_the_hint_says(string? hint)
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        for (var i = 0; i < 12; i++)
            await TestTable.CommitAsync(table, _lake, (0, 1));
        // The first three are gone as clean-up leaves them.
        for (var version = 1; version <= 3; version++)
            await _lake.DeleteAsync($"{TestTable.Folder}/{LakeNames.Metadata(version)}", default);
        await _lake.DeleteAsync($"{TestTable.Folder}/{LakeNames.VersionHint}", default);
        if (hint is not null)
            await _lake.PutAsync($"{TestTable.Folder}/{LakeNames.VersionHint}", Encoding.ASCII.GetBytes(hint), default);

        Assert.Equal(13, (await TestTable.Open(_lake, _time).ReadAsync(default))!.Version);
    }

    [Fact]
    public async Task A_commit_without_a_table_is_refused() =>
        Assert.Equal(GridErrorCode.UnknownTable,
            (await Assert.ThrowsAsync<GridException>(() => TestTable.Open(_lake, _time).CommitAsync(new LakeChange { From = LakeOffsets.None, To = LakeOffsets.None, Schema = TestTable.Schema }, default))).Code);

    private ImmutableArray<ManifestFile> Manifests(Snapshot snapshot) => ManifestListReader.Read(_lake.Bytes(snapshot.ManifestList));
}
