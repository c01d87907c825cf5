using System.Collections.Concurrent;
using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Kv;

/// <summary>The scenarios "Writing a primary-key table" on the real engine: log, loop, shard.</summary>
public sealed class WritingPrimaryKeyTableTests
{
    private static readonly TableSchema Schema = KvFrames.Schema(
        ["id"], new Column("id", DataType.Int64, nullable: false), new Column("name", DataType.String), new Column("amount", DataType.Decimal(10, 2)), new Column("ok", DataType.Boolean));

    [Fact]
    public async Task The_changelog_has_the_images_and_the_table_the_last_row()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        await bucket.WriteAsync(Upsert([1L, "a", 1.00m, true]));
        await bucket.WriteAsync(Upsert([1L, "b", 2.00m, true]));
        var answer = await bucket.WriteAsync(Delete(1));
        Assert.Equal((3L, 4L), (answer.BaseOffset.Value, answer.EndOffset.Value));
        Assert.Equal(
            [(ChangeKind.Insert, 0L), (ChangeKind.UpdateBefore, 1), (ChangeKind.UpdateAfter, 2), (ChangeKind.Delete, 3)],
            (await bucket.ReadChangelogAsync()).Select(row => (row.Kind, row.Offset)));
        await bucket.ReopenAsync();
        Assert.Empty(await bucket.ReadAllAsync());
        Assert.Equal(4, bucket.Engine.GetStatus().AppliedOffset.Value);
    }

    [Fact]
    public async Task An_acknowledged_write_is_visible_to_every_later_lookup()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 25; i++)
            {
                await bucket.WriteAsync(Upsert([(long)writer, $"{i}", null, null]));
                var (rows, _) = await bucket.LookupAsync(default, [(long)writer]);
                Assert.Equal($"{i}", Assert.Single(rows).Row[1]);
            }
        }));
    }

    [Fact]
    public async Task Whatever_can_be_read_in_the_changelog_can_be_looked_up()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        using var done = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
                await bucket.WriteAsync(Upsert([(long)i % 7, $"{i}", null, null]));
            await done.CancelAsync();
        });
        var next = LogOffset.Zero;
        while (!done.IsCancellationRequested)
        {
            var answer = await bucket.Engine.FetchAsync(new FetchRequest { Offset = next }, default);
            answer.Frames?.Dispose();
            next = answer.NextOffset;
            Assert.True(bucket.Engine.GetStatus().AppliedOffset >= next);
        }

        await writer;
    }

    [Fact]
    public async Task A_hundred_concurrent_inserts_of_one_new_key_see_one_row()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => bucket.WriteAsync(Upsert([1L, $"caller {i}", null, null]) with { Mode = WriteMode.InsertIfAbsent }))));
        Assert.Single(answers, answer => answer.Inserted[0]);
        var rows = answers.Select(answer => KvFrames.ReadRows(answer.Rows, Schema)[0]).ToArray();
        Assert.Single(rows.Select(row => (row.Row[1], row.Version)).Distinct());
        Assert.Single(await bucket.ReadChangelogAsync());
        foreach (var answer in answers)
            answer.Rows!.Dispose();
    }

    [Fact]
    public async Task A_conflict_answers_the_present_versions_and_writes_nothing()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        await bucket.WriteAsync(Upsert([1L, "a", null, null]));
        var conflict = await bucket.WriteAsync(Upsert([1L, "b", null, null]) with { Mode = WriteMode.CompareAndSet, ExpectedVersions = [-1] });
        Assert.Equal([0L], conflict.ConflictVersions.ToArray());
        var set = await bucket.WriteAsync(Upsert([1L, "b", null, null]) with { Mode = WriteMode.CompareAndSet, ExpectedVersions = [0] });
        Assert.Empty(set.ConflictVersions);
        Assert.Equal((1L, 3L), (set.BaseOffset.Value, set.EndOffset.Value));
        Assert.Equal(2, (await bucket.LookupAsync(default, [1L])).Rows[0].Version);
    }

    [Fact]
    public async Task A_repeated_write_is_done_once()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema, new TableOptions { EmitUnchanged = true }));
        var first = await bucket.WriteAsync(KvFrames.Write(Schema, [[1L, "a", null, null]], writer: new WriterId(5), sequence: 0));
        var again = await bucket.WriteAsync(KvFrames.Write(Schema, [[1L, "a", null, null]], writer: new WriterId(5), sequence: 0));
        Assert.Equal(first, again);
        await bucket.ReopenAsync();
        Assert.Equal(first, await bucket.WriteAsync(KvFrames.Write(Schema, [[1L, "a", null, null]], writer: new WriterId(5), sequence: 0)));
        Assert.Single(await bucket.ReadChangelogAsync());
    }

    [Fact]
    public async Task A_refused_write_leaves_nothing_and_the_bucket_goes_on()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        var refused = await Assert.ThrowsAsync<GridException>(() => bucket.WriteAsync(Upsert([1L, "a", null, null]) with { Targets = [new ColumnId(77)] }));
        Assert.Equal(GridErrorCode.InvalidTargets, refused.Code);
        Assert.Equal(0, (await bucket.WriteAsync(Upsert([1L, "a", null, null]))).BaseOffset.Value);
    }

    [Fact]
    public async Task What_was_acknowledged_survives_a_crash_at_any_moment()
    {
        var table = KvFrames.Table(Schema, new TableOptions { SegmentBytesMax = 64 * 1024 });
        await using var bucket = await EngineBucket.OpenAsync(table);
        for (var crash = 0; crash < 4; crash++)
        {
            var acknowledged = new ConcurrentDictionary<long, (int Number, LogOffset End)>();
            using var stop = new CancellationTokenSource();
            var written = new SemaphoreSlim(0);
            var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    long id = (crash * 100) + (writer * 10) + (i % 10);
                    var answer = await bucket.WriteAsync(Upsert([id, $"{i}", null, null]));
                    acknowledged[id] = (i, answer.EndOffset);
                    written.Release();
                }
            })).ToArray();
            for (var i = 0; i < 150; i++)
                await written.WaitAsync();
            var before = acknowledged.ToArray();
            var copy = bucket.CopyFiles();
            await stop.CancelAsync();
            await Task.WhenAll(writers);
            await bucket.RestartFromAsync(copy);

            foreach (var (id, (number, end)) in before)
            {
                var (rows, applied) = await bucket.LookupAsync(end, [id]);
                Assert.True(int.Parse((string)Assert.Single(rows).Row[1]!, System.Globalization.CultureInfo.InvariantCulture) >= number);
                Assert.True(applied >= end);
            }

            // The table is the fold of the log that is there.
            var fold = new Dictionary<long, long>();
            foreach (var change in await bucket.ReadChangelogAsync())
                if (change.Kind is ChangeKind.Insert or ChangeKind.UpdateAfter)
                    fold[long.Parse(change.Row.Split(',')[0].Trim('['), System.Globalization.CultureInfo.InvariantCulture)] = change.Offset;
            Assert.Equal(fold.OrderBy(pair => pair.Key).Select(pair => pair.Value), (await bucket.ReadAllAsync()).Select(row => row.Version));
        }
    }

    [Fact]
    public async Task Retention_takes_only_what_the_shard_has_in_its_files()
    {
        var table = KvFrames.Table(Schema, new TableOptions { SegmentBytesMax = 64 * 1024, RetentionMs = 1000, Compression = FrameCompression.None });
        await using var bucket = await EngineBucket.OpenAsync(table);
        for (var i = 0; i < 8; i++)
            await bucket.WriteAsync(KvFrames.Write(Schema, [.. Enumerable.Range(0, 100).Select(row => (object?[])[(long)(100 * i) + row, new string('x', 300), null, null])]));
        bucket.Time.Advance(TimeSpan.FromHours(1));
        await bucket.WriteAsync(Upsert([0L, "last", null, null]));
        var rows = await bucket.ReadAllAsync();
        await bucket.Engine.ApplyRetentionAsync(null, default);
        Assert.True(bucket.Engine.GetStatus().StartOffset > LogOffset.Zero);
        await bucket.RestartFromAsync(bucket.CopyFiles());
        Assert.Equal(rows, await bucket.ReadAllAsync());
    }

    [Fact]
    public async Task Old_writers_and_readers_go_on_after_a_schema_change()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        await bucket.WriteAsync(Upsert([1L, "a", null, null]));
        bucket.Update(bucket.Table.Change(new AddColumn(new Column("more", DataType.Int32) { Default = "9" }), new DropColumn("ok")));
        await bucket.WriteAsync(Upsert([2L, "b", null, true]));
        await bucket.WriteAsync(KvFrames.Write(bucket.Table.Schema, [[3L, "c", null, 1]]));
        var (rows, _) = await bucket.LookupAsync(default, [1L], [2L], [3L]);
        Assert.Equal([9, 9, 1], rows.Select(row => (int)row.Row[3]!));

        // An update of a row of the old version has both images in the new one.
        await bucket.WriteAsync(KvFrames.Write(bucket.Table.Schema, [[1L, "z", null, 5]]));
        await bucket.ReopenAsync();
        Assert.Equal(["[1, 'a', null, 9]", "[1, 'z', null, 5]"], (await bucket.ReadChangelogAsync(new LogOffset(3))).Select(row => row.Row));
        bucket.Update(bucket.Table.Change(new AddColumn(new Column("ok", DataType.Boolean))));
        Assert.Null((await bucket.LookupAsync(default, [2L])).Rows[0].Row[4]);
    }

    [Fact]
    public async Task A_partial_delete_of_a_column_that_was_dropped_since_leaves_the_row()
    {
        await using var bucket = await EngineBucket.OpenAsync(KvFrames.Table(Schema));
        await bucket.WriteAsync(Upsert([1L, "a", 1.00m, true]));
        bucket.Update(bucket.Table.Change(new DropColumn("ok")));
        ColumnId[] targets = [new ColumnId(1), Schema.Columns[Schema.IndexOf("ok")].Id];
        await bucket.WriteAsync(KvFrames.Write(Schema, [[1L, null]], [ChangeKind.Delete], targets));
        Assert.Equal("[1, 'a', 1.00]", Assert.Single(await bucket.ReadAllAsync()).Row);
    }

    private static WriteRequest Upsert(params object?[][] rows) => KvFrames.Write(Schema, rows);

    private static WriteRequest Delete(long id) => KvFrames.Write(Schema, [[id, null, null, null]], [ChangeKind.Delete]);
}
