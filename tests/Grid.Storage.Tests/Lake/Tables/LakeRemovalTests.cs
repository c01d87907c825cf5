using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Avro;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;

namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>Changes that take files out of a table.</summary>
public sealed class LakeRemovalTests
{
    private readonly ImpatientTime _time = new();
    private readonly MemoryLake _lake;

    public LakeRemovalTests() => _lake = new MemoryLake(_time);

    [Fact]
    public async Task Files_that_are_replaced_leave_the_table_and_the_others_keep_their_numbers()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        await TestTable.CommitAsync(table, _lake, (0, 10), (1, 5));
        await TestTable.CommitAsync(table, _lake, (0, 20));
        var before = await TestTable.CommitAsync(table, _lake, (2, 7));
        var old = await TestTable.FilesAsync(table, before, bucket: 0);
        var change = await TestTable.ReplacementAsync(_lake, before, 0, [.. old.OrderBy(file => TestTable.Range(file).From)]);

        var commit = await table.CommitAsync(change, default);

        Assert.Equal((LakeOutcome.Committed, null), (commit.Outcome, commit.Reason));
        var state = await TestTable.CheckAsync(_lake, _time);
        Assert.Equal(before.Offsets, state.Offsets);
        Assert.Equal([.. change.Added.Select(file => file.Location)], (await TestTable.FilesAsync(table, state, bucket: 0)).Select(file => file.Location));

        // The added file, one manifest for the two that lost files, and that of bucket 2 as it was.
        var manifests = Manifests(state);
        Assert.Equal([(1, 0, 0), (0, 1, 2), (1, 0, 0)], manifests.Select(manifest => (manifest.Added.Files, manifest.Existing.Files, manifest.Deleted.Files)));
        Assert.Contains(manifests[2].Location, Manifests(before).Select(manifest => manifest.Location));
        Assert.Equal((5, 30), (manifests[1].Existing.Rows, manifests[1].Deleted.Rows));
        Assert.Equal((4, 1), (manifests[1].Sequence!.Value.Value, manifests[1].SequenceMin!.Value.Value));
        var snapshots = state.Metadata.Snapshots;
        Assert.Equal(
            [(EntryStatus.Deleted, 4, 2, 2), (EntryStatus.Deleted, 4, 1, 1), (EntryStatus.Existing, 1, 1, 1)],
            Entries(state, manifests[1]).Select(entry => (entry.Status, Number(snapshots.Single(snapshot => snapshot.Id == entry.Snapshot).Sequence), Number(entry.DataSequence), Number(entry.FileSequence))));
        Assert.Equal(4, Assert.Single(Entries(state, manifests[0])).DataSequence!.Value.Value);

        var added = change.Added.Sum(file => file.Bytes);
        var removed = old.Sum(file => file.Bytes);
        var total = (await TestTable.FilesAsync(table, state)).Sum(file => file.Bytes);
        Assert.Equal(
            $"added-data-files=1,added-files-size={added},added-records=30,changed-partition-count=1,deleted-data-files=2,deleted-records=30,grid.offsets=0/0=30,0/1=5,0/2=7,operation=replace,removed-files-size={removed},"
            + $"total-data-files=3,total-delete-files=0,total-equality-deletes=0,total-files-size={total},total-position-deletes=0,total-records=42",
            string.Join(',', state.Metadata.CurrentSnapshot!.Summary.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    [Fact]
    public async Task Entries_of_files_that_are_gone_are_left_out_when_their_manifest_is_written_again()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        var state = await TestTable.CommitAsync(table, _lake, (0, 10), (1, 10), (2, 10), (3, 10));
        foreach (var bucket in (int[])[0, 1])
        {
            var change = await TestTable.ReplacementAsync(_lake, state, bucket, await TestTable.FilesAsync(table, state, bucket));
            state = (await table.CommitAsync(change, default)).State!;
        }

        // Of the first manifest the second change left out what the first one deleted; the manifest that the first one added stays.
        Assert.Equal([(1, 0, 0), (0, 2, 1), (1, 0, 0)], Manifests(state).Select(manifest => (manifest.Added.Files, manifest.Existing.Files, manifest.Deleted.Files)));
        await TestTable.CheckAsync(_lake, _time);
    }

    [Fact]
    public async Task A_change_that_removes_a_file_that_is_not_live_is_discarded_and_leaves_nothing_but_its_data()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        await TestTable.CommitAsync(table, _lake, (0, 10));
        var state = await TestTable.CommitAsync(table, _lake, (0, 10));
        var files = await TestTable.FilesAsync(table, state, bucket: 0);
        var first = await TestTable.ReplacementAsync(_lake, state, 0, [.. files.OrderBy(file => TestTable.Range(file).From)]);
        var second = await TestTable.ReplacementAsync(_lake, state, 0, [.. files.OrderBy(file => TestTable.Range(file).From)]);
        Assert.Equal(LakeOutcome.Committed, (await table.CommitAsync(first, default)).Outcome);
        var before = _lake.Names;

        foreach (var change in (LakeChange[])[second, second with { Removed = [first.Added[0], files[0]] }, second with { Removed = [files[0] with { Partition = [1] }] }])
        {
            var commit = await table.CommitAsync(change, default);

            Assert.Equal((LakeOutcome.Discarded, DiscardReason.FileGone, true), (commit.Outcome, commit.Reason, commit.IsLostRace));
            Assert.Equal(before, _lake.Names);
            Assert.Equal(4, (await TestTable.CheckAsync(_lake, _time)).Version);
        }
    }

    [Fact]
    public async Task A_change_to_an_empty_table_removes_nothing()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        var file = await TestTable.WriteAsync(_lake, 0, 0, 10);

        var commit = await table.CommitAsync(new LakeChange { From = LakeOffsets.None, To = LakeOffsets.None, Removed = [file], Schema = TestTable.Schema }, default);

        Assert.Equal((LakeOutcome.Discarded, DiscardReason.FileGone), (commit.Outcome, commit.Reason));
    }

    [Fact]
    public async Task A_guarded_bucket_that_moved_ends_the_change_and_another_one_does_not()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        await TestTable.CommitAsync(table, _lake, (0, 10), (1, 10));
        var state = await TestTable.CommitAsync(table, _lake, (0, 10), (1, 10));
        var stale = (await TestTable.ReplacementAsync(_lake, table, state, 0, new Random(1)))!;
        var fits = (await TestTable.ReplacementAsync(_lake, table, state, 1, new Random(1)))!;
        await TestTable.CommitAsync(table, _lake, (0, 10));

        var discarded = await table.CommitAsync(stale, default);
        var committed = await table.CommitAsync(fits, default);

        Assert.Equal((LakeOutcome.Discarded, DiscardReason.OffsetsMoved), (discarded.Outcome, discarded.Reason));
        Assert.Equal(LakeOutcome.Committed, committed.Outcome);
        Assert.Equal("0/0=30,0/1=20", (await TestTable.CheckAsync(_lake, _time)).Offsets.ToString());
    }

    [Fact]
    public async Task Deletes_of_a_file_that_was_rewritten_meanwhile_do_not_come_in()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        await TestTable.CommitAsync(table, _lake, (0, 10));
        var state = await TestTable.CommitAsync(table, _lake, (0, 10));
        var files = (await TestTable.FilesAsync(table, state, bucket: 0)).OrderBy(file => TestTable.Range(file).From).ToArray();
        var deletes = await DeletesAsync(0, 3);
        var change = new LakeChange { From = state.Offsets, To = state.Offsets, Guarded = [TestTable.Bucket(0)], Added = [deletes], Needed = [files[0].Location], Schema = TestTable.Schema };
        var early = await table.CommitAsync(change with { Added = [await DeletesAsync(0, 1)] }, default);
        Assert.Equal(LakeOutcome.Committed, (await table.CommitAsync(await TestTable.ReplacementAsync(_lake, state, 0, files), default)).Outcome);

        var late = await table.CommitAsync(change, default);

        Assert.Equal((LakeOutcome.Committed, LakeOutcome.Discarded, DiscardReason.FileGone), (early.Outcome, late.Outcome, late.Reason));
        Assert.Equal(Snapshot.Delete, early.State!.Metadata.CurrentSnapshot!.Summary[Snapshot.OperationKey]);
        Assert.Equal(1, Manifests(early.State!).Count(manifest => manifest.Content == ManifestContent.Deletes));
    }

    [Fact]
    public async Task Deletes_leave_the_table_with_the_file_that_they_were_for()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        var state = await TestTable.CommitAsync(table, _lake, (0, 10), (1, 10));
        var deletes = await DeletesAsync(0, 3);
        var others = await DeletesAsync(1, 2);
        state = (await table.CommitAsync(new LakeChange { From = state.Offsets, To = state.Offsets, Added = [deletes, others], Schema = TestTable.Schema }, default)).State!;
        var summary = state.Metadata.CurrentSnapshot!.Summary;
        Assert.Equal(("delete", "2", "5"), (summary[Snapshot.OperationKey], summary["total-delete-files"], summary["total-position-deletes"]));

        var change = await TestTable.ReplacementAsync(_lake, state, 0, await TestTable.FilesAsync(table, state, bucket: 0));
        var rewritten = change.Added[0] with { Rows = 7 };
        state = (await table.CommitAsync(change with { Added = [rewritten], Removed = change.Removed.Add(deletes) }, default)).State!;

        summary = state.Metadata.CurrentSnapshot!.Summary;
        Assert.Equal(("replace", "1", "2", "17"), (summary[Snapshot.OperationKey], summary["total-delete-files"], summary["total-position-deletes"], summary["total-records"]));
        Assert.Equal(("1", "3", "1", "1"), (summary["removed-delete-files"], summary["removed-position-deletes"], summary["removed-position-delete-files"], summary["deleted-data-files"]));
        var left = Manifests(state).Where(manifest => manifest.Content == ManifestContent.Deletes).SelectMany(manifest => Entries(state, manifest)).Where(entry => entry.IsLive);
        Assert.Equal(others.Location, Assert.Single(left).File.Location);
    }

    [Fact]
    public async Task Manifests_that_are_written_again_are_split_where_they_are_long()
    {
        var options = TestTable.Options with { ManifestBytesTarget = 16 * 1024 };
        var table = await TestTable.CreateAsync(_lake, _time, options);
        var state = (await table.ReadAsync(default))!;
        for (var i = 0; i < 6; i++)
            state = await TestTable.CommitAsync(table, _lake, [.. Enumerable.Range(0, TestTable.Buckets).Select(bucket => (bucket, 10))]);
        var large = await WideAsync(state.Offsets, 2000);
        state = (await table.CommitAsync(large, default)).State!;
        var before = Manifests(state);
        var change = await TestTable.ReplacementAsync(_lake, state, 3, [.. (await TestTable.FilesAsync(table, state, bucket: 3)).OrderBy(file => TestTable.Range(file).From).Take(9)]);

        state = (await table.CommitAsync(change, default)).State!;

        await TestTable.CheckAsync(_lake, _time);
        var written = Manifests(state).Where(manifest => manifest.Snapshot == state.Metadata.CurrentSnapshotId).ToArray();
        Assert.True(written.Length >= 2);
        Assert.All(written, manifest => Assert.InRange(manifest.Bytes, 1, 2 * options.ManifestBytesTarget));
        Assert.Equal(9, written.Sum(manifest => manifest.Deleted.Files));
        Assert.Equal(before.Sum(manifest => manifest.Added.Files + manifest.Existing.Files) - 8, Manifests(state).Sum(manifest => manifest.Added.Files + manifest.Existing.Files));
    }

    [Fact]
    public async Task A_change_is_made_anew_for_a_head_that_came_in_between()
    {
        var raced = true;
        for (var call = 0; raced; call++)
        {
            var lake = new MemoryLake(_time);
            var rival = await TestTable.CreateAsync(lake, _time);
            await TestTable.CommitAsync(rival, lake, (0, 10), (1, 10));
            var state = await TestTable.CommitAsync(rival, lake, (0, 10), (1, 10));
            var ours = (await TestTable.ReplacementAsync(lake, rival, state, 0, new Random(1)))!;
            var theirs = (await TestTable.ReplacementAsync(lake, rival, state, 1, new Random(1)))!;
            var calls = 0;
            var store = new FaultyLake(lake, new Random(1), 0, [], async () =>
            {
                if (calls++ == call)
                    Assert.Equal(LakeOutcome.Committed, (await rival.CommitAsync(theirs, default)).Outcome);
            });

            Assert.Equal(LakeOutcome.Committed, (await TestTable.Open(store, _time).CommitAsync(ours, default)).Outcome);

            raced = calls > call;
            var now = await TestTable.CheckAsync(lake, _time);
            Assert.Equal(raced ? 2 : 3, (await TestTable.FilesAsync(rival, now)).Count);
            Assert.Equal(
                await TestTable.ReferredAsync(lake, now),
                lake.Names.Where(name => LakeNames.VersionOf(name[(TestTable.Folder.Length + 1)..]) is null).Except(raced ? [] : theirs.Added.Select(NameOf)));
        }
    }

    [Fact]
    public async Task A_file_that_is_in_the_table_twice_is_not_removed_once()
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        var state = await TestTable.CommitAsync(table, _lake, (0, 10));
        var files = await TestTable.FilesAsync(table, state, bucket: 0);
        state = (await table.CommitAsync(new LakeChange { From = state.Offsets, To = state.Offsets, Added = [files[0]], Schema = TestTable.Schema }, default)).State!;
        var change = await TestTable.ReplacementAsync(_lake, state, 0, files);

        var refused = await Assert.ThrowsAsync<GridException>(() => table.CommitAsync(change, default));

        Assert.Equal(GridErrorCode.Corrupt, refused.Code);
        Assert.Contains(files[0].Location + " is in the table twice", refused.Message, StringComparison.Ordinal);
        Assert.Equal(3, (await table.ReadAsync(default))!.Version);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("cut")]
    [InlineData("deletes")]
    [InlineData("garbled")]
    public async Task A_manifest_that_does_not_read_is_not_rewritten(string damage)
    {
        var table = await TestTable.CreateAsync(_lake, _time);
        var state = await TestTable.CommitAsync(table, _lake, (0, 10));
        var change = await TestTable.ReplacementAsync(_lake, state, 0, await TestTable.FilesAsync(table, state, bucket: 0));
        var manifest = Manifests(state)[0];
        var bytes = _lake.Bytes(manifest.Location);
        await _lake.DeleteAsync(NameOf(manifest.Location), default);
        if (damage != "missing")
            await _lake.PutAsync(NameOf(manifest.Location), damage == "cut" ? bytes.AsMemory(0, bytes.Length - 1) : Hostile(manifest, damage, bytes.Length), default);

        var refused = await Assert.ThrowsAsync<GridException>(() => table.CommitAsync(change, default));

        Assert.Equal(GridErrorCode.Corrupt, refused.Code);
        Assert.Equal(2, (await table.ReadAsync(default))!.Version);
    }

    [Theory]
    [InlineData("d", "", false, "append")]
    [InlineData("d", "", true, "append")]
    [InlineData("p", "", false, "delete")]
    [InlineData("dp", "", true, "overwrite")]
    [InlineData("d", "d", false, "replace")]
    [InlineData("d", "dp", false, "replace")]
    [InlineData("p", "p", false, "replace")]
    [InlineData("", "p", false, "replace")]
    [InlineData("", "d", false, "delete")]
    [InlineData("", "d", true, "delete")]
    [InlineData("p", "p", true, "delete")]
    [InlineData("d", "d", true, "overwrite")]
    public void A_snapshot_says_what_it_did(string added, string removed, bool moves, string operation) =>
        Assert.Equal(operation, new LakeChange
        {
            From = LakeOffsets.None,
            To = moves ? LakeOffsets.None.With(TestTable.Bucket(0), new LogOffset(1)) : LakeOffsets.None,
            Added = [.. added.Select(FileOf)],
            Removed = [.. removed.Select(FileOf)],
            Schema = TestTable.Schema,
        }.Operation);

    private static LakeFile FileOf(char kind) => new() { Content = kind == 'd' ? LakeFileContent.Data : LakeFileContent.PositionDeletes, Location = "x", Partition = [0], Rows = 1, Bytes = 1 };

    private static int Number(SequenceNumber? sequence) => (int)sequence!.Value.Value;

    /// <summary>A manifest that says something else, with as many bytes as the list says of it.</summary>
    private static byte[] Hostile(ManifestFile manifest, string damage, int length)
    {
        var file = new LakeFile { Content = damage == "deletes" ? LakeFileContent.PositionDeletes : LakeFileContent.Data, Location = "memory://lake/x", Partition = [0], Rows = 1, Bytes = 1 };
        var writer = new ManifestWriter(LakeColumns.Extend(TestTable.Schema), TestTable.Spec, damage == "deletes" ? ManifestContent.Deletes : ManifestContent.Data, manifest.Snapshot, AvroFraming.New());
        writer.Add(ManifestEntry.Added(file));
        var bytes = writer.Finish("").Bytes;
        if (damage == "deletes")
            Array.Resize(ref bytes, length); // what is behind it is never reached
        else
            bytes = [.. bytes.Take(length / 2), .. new byte[Math.Max(0, length - (length / 2))]];
        return bytes;
    }

    private async Task<LakeFile> DeletesAsync(int bucket, int rows)
    {
        var file = await TestTable.WriteAsync(_lake, bucket, 0, rows);
        return file with { Content = LakeFileContent.PositionDeletes };
    }

    /// <summary>A change with so many files of a row in bucket 3.</summary>
    private async Task<LakeChange> WideAsync(LakeOffsets from, int count)
    {
        var begin = from[TestTable.Bucket(3)].Value;
        var added = ImmutableArray.CreateBuilder<LakeFile>();
        for (var i = 0; i < count; i++)
            added.Add(await TestTable.WriteAsync(_lake, 3, begin + i, begin + i + 1));
        return new LakeChange { From = from, To = from.With(TestTable.Bucket(3), new LogOffset(begin + count)), Added = added.ToImmutable(), Schema = TestTable.Schema };
    }

    private string NameOf(LakeFile file) => NameOf(file.Location);

    private string NameOf(string location) => location[(_lake.Root.Length + 1)..];

    private ImmutableArray<ManifestFile> Manifests(LakeState state) => ManifestListReader.Read(_lake.Bytes(state.Metadata.CurrentSnapshot!.ManifestList));

    private ManifestEntry[] Entries(LakeState state, ManifestFile manifest) => [.. ManifestReader.Read(_lake.Bytes(manifest.Location), manifest, state.Metadata.DefaultSpec)];
}
