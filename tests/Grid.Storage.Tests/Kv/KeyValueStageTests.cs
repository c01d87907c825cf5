using Grid.Abstractions;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Kv;

/// <summary>The scenarios "Writing a primary-key table" on the stage.</summary>
public sealed class KeyValueStageTests
{
    private const ChangeKind Insert = ChangeKind.Insert;
    private const ChangeKind Before = ChangeKind.UpdateBefore;
    private const ChangeKind After = ChangeKind.UpdateAfter;
    private const ChangeKind Delete = ChangeKind.Delete;

    private static readonly TableSchema Schema = KvFrames.Schema(
        ["id"], new Column("id", DataType.Int64, nullable: false), new Column("name", DataType.String), new Column("amount", DataType.Decimal(10, 2)), new Column("ok", DataType.Boolean));

    private static readonly ColumnId Id = Schema.Columns[0].Id;
    private static readonly ColumnId Name = Schema.Columns[1].Id;

    [Fact]
    public async Task Upserts_and_deletes_emit_images_with_exact_offsets()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "a", 1.00m, true]));
        bucket.Write(Upsert([1L, "b", 2.00m, true]));
        bucket.Write(DeleteKeys(1));
        var nothing = bucket.Write(DeleteKeys(1));
        Assert.Equal(
            [(Insert, 0L, "a"), (Before, 1, "a"), (After, 2, "b"), (Delete, 3, "b")],
            bucket.Changelog.Select(row => (row.Kind, row.Offset, row.Row.Contains("'a'", StringComparison.Ordinal) ? "a" : "b")));
        Assert.Equal((4L, 5L), (nothing.BaseOffset.Value, nothing.EndOffset.Value));
        Assert.Empty(await bucket.ReadAllAsync());
    }

    [Fact]
    public async Task An_upsert_equal_to_the_stored_row_takes_one_offset_and_emits_nothing()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "a", 1.00m, null]));
        var again = bucket.Write(Upsert([1L, "a", 1.00m, null]));
        Assert.Equal((1L, 2L), (again.BaseOffset.Value, again.EndOffset.Value));
        Assert.Single(bucket.Changelog);
        Assert.Equal(0, (await bucket.LookupAsync([1L]))[0].Version);
    }

    [Fact]
    public async Task A_table_may_want_to_hear_of_unchanged_rows()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema, new TableOptions { EmitUnchanged = true }));
        bucket.Write(Upsert([1L, "a", 1.00m, null]));
        bucket.Write(Upsert([1L, "a", 1.00m, null]));
        Assert.Equal([Insert, Before, After], bucket.Changelog.Select(row => row.Kind));
        Assert.Equal(2, (await bucket.LookupAsync([1L]))[0].Version);
    }

    [Fact]
    public async Task Changes_of_one_key_in_one_frame_and_in_one_group_are_seen_in_order()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        var answers = bucket.WriteGroup(
            Upsert([1L, "a", null, null], [1L, "b", null, null]),
            KvFrames.Write(Schema, [[1L, null, null, null], [1L, "c", null, null]], [Delete, Insert]),
            Upsert([2L, "d", null, null]));
        Assert.Equal([Insert, Before, After, Delete, Insert, Insert], bucket.Changelog.Select(row => row.Kind));
        Assert.Equal([(0L, 3L), (3, 5), (5, 6)], answers.Select(answer => (answer.Answer!.BaseOffset.Value, answer.Answer.EndOffset.Value)));
        Assert.Equal([4L, 5], (await bucket.ReadAllAsync()).Select(row => row.Version));
    }

    [Fact]
    public async Task A_partial_update_keeps_the_other_columns()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "b", 2.00m, true]));
        bucket.Write(KvFrames.Write(Schema, [[1L, "c"], [2L, "c"]], targets: [Id, Name]));
        var rows = await bucket.LookupAsync([1L], [2L]);
        Assert.Equal([1L, "c", 2.00m, true], rows[0].Row);
        Assert.Equal([2L, "c", null, null], rows[1].Row);
        Assert.Equal([(Insert, 0L), (Before, 1), (After, 2), (Insert, 3)], bucket.Changelog.Select(row => (row.Kind, row.Offset)));
    }

    [Fact]
    public async Task A_partial_update_of_no_row_takes_defaults_and_is_refused_without_one()
    {
        var schema = KvFrames.Schema(
            ["id"], new Column("id", DataType.Int64, nullable: false), new Column("note", DataType.String), new Column("kind", DataType.String, nullable: false) { Default = "new" }, new Column("must", DataType.Int32, nullable: false));
        await using var bucket = new StageBucket(KvFrames.Table(schema));
        ColumnId id = schema.Columns[0].Id, note = schema.Columns[1].Id, must = schema.Columns[3].Id;
        var refused = bucket.WriteGroup(
            KvFrames.Write(schema, [[1L, "x", 5], [2L, "y", 6]], targets: [id, note, must]),
            KvFrames.Write(schema, [[1L, "z"], [3L, "z"]], targets: [id, note]),
            KvFrames.Write(schema, [[2L, "w"]], targets: [id, note]));
        Assert.Null(refused[0].Refusal);
        Assert.Equal(GridErrorCode.NullNotAllowed, refused[1].Refusal!.Code);
        Assert.Null(refused[2].Refusal);
        Assert.Equal((2L, 4L), (refused[2].Answer!.BaseOffset.Value, refused[2].Answer!.EndOffset.Value));

        // The refused write's first row was merged already: nothing of it is left.
        var rows = await bucket.LookupAsync([1L], [2L], [3L]);
        Assert.Equal([1L, "x", "new", 5], rows[0].Row);
        Assert.Equal([2L, "w", "new", 6], rows[1].Row);
        Assert.Equal(2, rows.Count);
    }

    [Fact]
    public async Task A_partial_delete_makes_columns_null_and_deletes_a_row_with_nothing_left()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "b", 2.00m, true], [2L, "c", null, null]));
        bucket.Write(KvFrames.Write(Schema, [[1L, null], [2L, null], [3L, null]], [Delete, Delete, Delete], [Id, Name]));
        Assert.Equal([Insert, Insert, Before, After, Delete], bucket.Changelog.Select(row => row.Kind));
        Assert.Equal([1L, null, 2.00m, true], Assert.Single(await bucket.LookupAsync([1L], [2L], [3L])).Row);
    }

    [Fact]
    public async Task A_delete_that_names_only_the_key_deletes_the_row()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "b", 2.00m, true]));
        bucket.Write(KvFrames.Write(Schema, [[1L]], [Delete], [Id]));
        Assert.Empty(await bucket.ReadAllAsync());
    }

    [Fact]
    public async Task Illegal_targets_are_refused()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        var unknown = Upsert([1L, "a", null, null]) with { Targets = [Id, new ColumnId(99)] };
        var withoutKey = KvFrames.Write(Schema, [["a"]], targets: [Name]);
        var outOfOrder = Upsert([1L, "a", null, null]) with { Targets = [Name, Id] };
        Assert.All(bucket.WriteGroup(unknown, withoutKey, outOfOrder), answer => Assert.Equal(GridErrorCode.InvalidTargets, answer.Refusal!.Code));
        Assert.Empty(bucket.Log);

        var schema = KvFrames.Schema(["id"], new Column("id", DataType.Int64, nullable: false), new Column("must", DataType.Int32, nullable: false));
        await using var strict = new StageBucket(KvFrames.Table(schema));
        var nulled = KvFrames.Write(schema, [[1L, 1]], [Delete], [.. schema.Columns.Select(column => column.Id)]);
        Assert.Equal(GridErrorCode.NullNotAllowed, strict.WriteGroup(nulled)[0].Refusal!.Code);
    }

    [Fact]
    public async Task Insert_if_absent_answers_the_row_that_stands()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "a", null, null]));
        var answer = bucket.Write(Upsert([1L, "x", null, null], [2L, "b", null, null], [2L, "c", null, null]) with { Mode = WriteMode.InsertIfAbsent });
        Assert.Equal([false, true, false], answer.Inserted.ToArray());
        Assert.Equal([("a", 0L), ("b", 1), ("b", 1)], KvFrames.ReadRows(answer.Rows, Schema).Select(row => ((string)row.Row[1]!, row.Version)));
        answer.Rows!.Dispose();
        Assert.Equal(["a", "b"], (await bucket.LookupAsync([1L], [2L])).Select(row => row.Row[1]));
    }

    [Fact]
    public async Task Many_callers_of_one_new_key_see_one_row()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        var answers = bucket.WriteGroup([.. Enumerable.Range(0, 100).Select(i => Upsert([1L, $"caller {i}", null, null]) with { Mode = WriteMode.InsertIfAbsent })]);
        Assert.Single(answers, answer => answer.Answer!.Inserted[0]);
        Assert.All(answers, answer => Assert.Equal("caller 0", KvFrames.ReadRows(answer.Answer!.Rows, Schema)[0].Row[1]));
        Assert.Single(bucket.Changelog);
    }

    [Fact]
    public async Task Compare_and_set_is_all_or_nothing_and_tells_the_versions()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "a", null, null], [2L, "b", null, null]));
        var wrong = Upsert([1L, "x", null, null], [2L, "y", null, null], [3L, "z", null, null]) with { Mode = WriteMode.CompareAndSet, ExpectedVersions = [0, 7, -1] };
        var (answer, refusal) = bucket.WriteGroup(wrong)[0];
        Assert.Equal(GridErrorCode.VersionConflict, refusal!.Code);
        Assert.Equal([0L, 1, -1], answer!.ConflictVersions.ToArray());
        Assert.Equal(2, bucket.End.Value);

        var right = Upsert([1L, "x", null, null], [2L, "y", null, null], [3L, "z", null, null]) with { Mode = WriteMode.CompareAndSet, ExpectedVersions = [0, 1, -1] };
        Assert.Empty(bucket.Write(right).ConflictVersions);
        Assert.Equal(["x", "y", "z"], (await bucket.LookupAsync([1L], [2L], [3L])).Select(row => row.Row[1]));

        var tooFew = Upsert([1L, "x", null, null]) with { Mode = WriteMode.CompareAndSet };
        Assert.Equal(GridErrorCode.InvalidArgument, bucket.WriteGroup(tooFew)[0].Refusal!.Code);
    }

    [Fact]
    public async Task A_group_that_never_got_into_the_log_leaves_no_trace()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "a", null, null]));
        bucket.WriteGroup(fails: true, Upsert([1L, "lost", null, null], [2L, "lost", null, null]));
        bucket.Write(Upsert([2L, "b", null, null]));
        Assert.Equal(["a", "b"], (await bucket.LookupAsync([1L], [2L])).Select(row => row.Row[1]));
        Assert.Equal([Insert, Insert], bucket.Changelog.Select(row => row.Kind));
    }

    [Fact]
    public async Task Unflushed_rows_come_back_from_the_log_and_retention_keeps_what_they_need()
    {
        await using var bucket = new StageBucket(KvFrames.Table(Schema));
        bucket.Write(Upsert([1L, "a", null, null]));
        Assert.Equal(0, bucket.Shard.ReadFlushed().Value);
        bucket.Shard.Flush();
        Assert.Equal(1, bucket.Shard.ReadFlushed().Value);
        bucket.Write(Upsert([1L, "b", null, null], [2L, "c", null, null]));
        Assert.Equal(1, bucket.Shard.ReadFlushed().Value);
        var before = await bucket.ReadAllAsync();
        await bucket.CrashAsync();
        Assert.Equal(before, await bucket.ReadAllAsync());
    }

    private static WriteRequest Upsert(params object?[][] rows) => KvFrames.Write(Schema, rows);

    private static WriteRequest DeleteKeys(params long[] keys) => KvFrames.Write(Schema, [.. keys.Select(key => new object?[] { key, null, null, null })], [.. keys.Select(_ => Delete)]);
}
