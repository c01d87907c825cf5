using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Tests.Lake.Parquet;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Reading;

/// <summary>A filter leaves out row groups, and never a row that matches.</summary>
public sealed class LakeFilterTests
{
    [Fact]
    public async Task No_row_that_matches_is_left_out()
    {
        var skipped = 0;
        await Generators.Random.SampleAsync(
            async random =>
            {
                var schema = Generators.NextSchema(random, columnsMax: 4, primaryKey: false, depth: 1);
                var bucket = new TestBucket(new CountingStore(), TestBucket.Table(schema));
                var batches = Enumerable.Range(0, random.Next(1, 8)).Select(_ => Generators.NextBatch(schema, random.Next(1, 4), random)).ToArray();
                await bucket.AddAsync(schema, batches.Select(batch => (batch, 5L)), new LakeWriterOptions { RowGroupRowsMax = random.Next(1, 6) });
                var filter = NextPredicate(schema, bucket.Rows, random, depth: 2);

                var read = await bucket.ReadAsync(new LogOffset(1000), new FetchRequest { Offset = default, Filter = filter, SchemaVersion = schema.Version });

                var evaluator = new PredicateEvaluator(filter, schema);
                var matching = new List<LogOffset>();
                var offset = new LogOffset(1000);
                foreach (var batch in batches)
                {
                    matching.AddRange(evaluator.Select(batch, null).Select(row => offset + row));
                    offset += batch.Length;
                }

                var offsets = read.Select(row => row.Offset).ToHashSet();
                Assert.All(matching, match => Assert.Contains(match, offsets));
                Assert.Equal(TestBucket.Text(bucket.Rows.Where(row => offsets.Contains(row.Offset))), TestBucket.Text(read));
                Interlocked.Add(ref skipped, bucket.Rows.Count - read.Count);
            },
            iter: 500);
        Assert.True(skipped > 100, $"Only {skipped} rows were left out; the filter is not used.");
    }

    [Fact]
    public async Task No_file_with_a_row_that_matches_is_ruled_out_by_its_bounds()
    {
        var ruledOut = 0;
        await Generators.Random.SampleAsync(
            async random =>
            {
                var schema = Generators.NextSchema(random, columnsMax: 4, primaryKey: false, depth: 1);
                var bucket = new TestBucket(new CountingStore(), TestBucket.Table(schema));
                var batches = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Generators.NextBatch(schema, random.Next(1, 3), random)).ToArray();
                var file = await bucket.AddAsync(schema, batches.Select(batch => (batch, 5L)));
                var evaluator = new PredicateEvaluator(NextPredicate(schema, bucket.Rows, random, depth: 2), schema);

                var statistics = FrameStatistics.Of((int)file.Rows, [.. LakeFileStatistics.Of(file, schema)]);
                if (evaluator.MayMatch(statistics, schema))
                    return;
                Assert.All(batches, batch => Assert.Empty(evaluator.Select(batch, null)));
                Interlocked.Increment(ref ruledOut);
            },
            iter: 500);
        Assert.True(ruledOut > 10, $"Only {ruledOut} files were ruled out; the bounds are not used.");
    }

    [Fact]
    public async Task Bounds_of_a_file_serve_wider_columns_and_say_nothing_of_missing_ones()
    {
        var first = TestFiles.Schema(new Column("i", DataType.Int32), new Column("d", DataType.Decimal(10, 2)));
        var second = SchemaEvolution.Apply(first, [new WidenColumn("i", DataType.Int64), new AddColumn(new Column("n", DataType.Int32, nullable: false) { Default = "4" })]);
        var bucket = new TestBucket(new CountingStore(), TestBucket.Table(first, second));
        var file = await bucket.AddAsync(first, [(ArrowRows.Build(first, [[7, 1.50m], [9, -2.25m]]), 5)]);
        var statistics = FrameStatistics.Of(2, [.. LakeFileStatistics.Of(file, second)]);
        bool MayMatch(string text) => new PredicateEvaluator(PredicateEvaluator.Parse(text, second), second).MayMatch(statistics, second);

        Assert.True(MayMatch("i = 7") && MayMatch("n = 4") && MayMatch("n = 5") && MayMatch("d < -2"));
        Assert.False(MayMatch("i < 7") || MayMatch("i > 9") || MayMatch("i is null") || MayMatch("d > 1.5") || MayMatch("d < -2.25"));
    }

    [Fact]
    public async Task Row_groups_that_cannot_match_are_not_read_and_their_offsets_are_told()
    {
        var store = new CountingStore();
        var schema = TestFiles.Schema(new Column("i", DataType.Int64), new Column("b", DataType.Binary));
        var bucket = new TestBucket(store, TestBucket.Table(schema));
        var random = new Random(1);
        for (var file = 0; file < 2; file++)
        {
            var first = file * 1000;
            await bucket.AddAsync(
                schema,
                Enumerable.Range(0, 10).Select(group => (ArrowRows.Build(schema, [.. Enumerable.Range(0, 100).Select(i => new object?[] { first + (group * 100L) + i, Bytes(random) })]), 5L)),
                new LakeWriterOptions { RowGroupRowsMax = 100 });
        }

        var options = new LakeFramesOptions { ReadAheadBytes = 1024 };
        var request = new FetchRequest { Offset = default, SchemaVersion = schema.Version };
        FetchRequest Where(string text) => request with { Filter = PredicateEvaluator.Parse(text, schema) };
        var some = await bucket.ReadAsync(new LogOffset(1000), Where("i >= 450 and i < 460"), options);
        var read = store.BytesRead;
        var none = await bucket.ReadAsync(new LogOffset(1000), Where("i = 5000 or i is null"), options);
        var last = await bucket.ReadAsync(new LogOffset(1050), Where("i = 1999 or i = 60"), options);

        Assert.Equal(TestBucket.Text(bucket.Rows[400..500]), TestBucket.Text(some));
        Assert.True(read < 3 * 100 * 1000, $"{read} bytes were read for one of twenty row groups.");
        Assert.Empty(none);
        Assert.Equal(TestBucket.Text([.. bucket.Rows[50..100], .. bucket.Rows[1900..]]), TestBucket.Text(last));
    }

    [Fact]
    public async Task Not_a_number_keeps_its_row_group()
    {
        var schema = TestFiles.Schema(new Column("f", DataType.Float64));
        var bucket = new TestBucket(new CountingStore(), TestBucket.Table(schema));
        await bucket.AddAsync(schema, [(ArrowRows.Build(schema, [[1.0], [double.NaN], [2.0]]), 5)]);
        var filter = new ComparePredicate(schema.Columns[0].Id, CompareOperator.Greater, "1000");

        Assert.Equal(3, (await bucket.ReadAsync(new LogOffset(1000), new FetchRequest { Offset = default, Filter = filter, SchemaVersion = schema.Version })).Count);
    }

    [Fact]
    public async Task Columns_that_a_file_lacks_or_has_narrower_keep_its_row_groups()
    {
        var first = TestFiles.Schema(new Column("i", DataType.Int32));
        var second = SchemaEvolution.Apply(first, [new WidenColumn("i", DataType.Int64), new AddColumn(new Column("n", DataType.Int32, nullable: false) { Default = "4" })]);
        var bucket = new TestBucket(new CountingStore(), TestBucket.Table(first, second));
        await bucket.AddAsync(first, [(ArrowRows.Build(first, [[7]]), 5)]);

        foreach (var text in new[] { "n = 4", "i = 7", "i < 8 and n < 5" })
        {
            var request = new FetchRequest { Offset = default, Filter = PredicateEvaluator.Parse(text, second), SchemaVersion = second.Version };
            Assert.Single(await bucket.ReadAsync(new LogOffset(1000), request));
        }
    }

    private static Predicate NextPredicate(TableSchema schema, List<(LogOffset, long, object?[] Row)> rows, Random random, int depth)
    {
        if (depth > 0 && random.Next(2) == 0)
        {
            return random.Next(3) switch
            {
                0 => new NotPredicate(NextPredicate(schema, rows, random, depth - 1)),
                1 => new AndPredicate([NextPredicate(schema, rows, random, depth - 1), NextPredicate(schema, rows, random, depth - 1)]),
                _ => new OrPredicate([NextPredicate(schema, rows, random, depth - 1), NextPredicate(schema, rows, random, depth - 1)]),
            };
        }

        var index = random.Next(schema.Columns.Length);
        var column = schema.Columns[index];
        var value = rows[random.Next(rows.Count)].Row[index];
        return column.Type.IsNested || value is null || random.Next(4) == 0
            ? new NullPredicate(column.Id, random.Next(2) == 0)
            : new ComparePredicate(column.Id, (CompareOperator)random.Next(6), ValueText.Format(column.Type, value));
    }

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[1000];
        random.NextBytes(bytes);
        return bytes;
    }
}
