using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Tests.Lake.Parquet;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Reading;

public sealed class LakeFramesTests
{
    [Fact]
    public async Task Frames_that_went_to_the_lake_come_back_from_any_offset_in_any_projection_and_block_size()
    {
        var folder = Directory.CreateTempSubdirectory("grid-lake-frames");
        try
        {
            var iteration = 0;
            await Generators.Random.SampleAsync(random => RoundTripAsync(new LakeDirectory(Path.Combine(folder.FullName, $"{Interlocked.Increment(ref iteration)}")), random), iter: 100);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Files_of_an_older_schema_are_read_as_the_newest()
    {
        var first = TestFiles.Schema(new Column("i", DataType.Int32), new Column("s", DataType.String), new Column("k", DataType.Int16));
        var second = SchemaEvolution.Apply(first, [new WidenColumn("i", DataType.Int64), new DropColumn("s"), new AddColumn(new Column("n", DataType.Int8, nullable: false) { Default = "4" })]);
        var bucket = new TestBucket(new CountingStore(), TestBucket.Table(first, second));
        await bucket.AddAsync(first, [(ArrowRows.Build(first, [[7, "x", (short)1], [null, null, null]]), 5)]);
        await bucket.AddAsync(second, [(ArrowRows.Build(second, [[8L, (short)2, (sbyte)9]]), 6)]);
        var projected = new FetchRequest { Offset = default, Project = true, SchemaVersion = first.Version, Columns = [first.Columns[1].Id, first.Columns[0].Id] };

        var all = await bucket.ReadAsync(new LogOffset(1000));
        var some = await bucket.ReadAsync(new LogOffset(1001), projected);

        Assert.Equal(TestBucket.Text([(new(1000), 5, [7L, (short)1, (sbyte)4]), (new(1001), 5, [null, null, (sbyte)4]), (new(1002), 6, [8L, (short)2, (sbyte)9])]), TestBucket.Text(all));
        Assert.Equal(TestBucket.Text([(new(1001), 5, [null]), (new(1002), 6, [8L])]), TestBucket.Text(some));
    }

    [Fact]
    public async Task A_frame_ends_where_the_timestamp_changes_and_before_it_is_large()
    {
        var schema = TestFiles.Schema(new Column("b", DataType.Binary));
        var bucket = new TestBucket(new CountingStore(), TestBucket.Table(schema));
        var random = new Random(1);
        int[] lengths = [.. Enumerable.Repeat(1000, 500), 3_000_000, .. Enumerable.Repeat(10, 500)];
        object?[][] rows = [.. lengths.Select(length => new object?[] { RandomBytes(random, length) })];
        await bucket.AddAsync(schema, [(ArrowRows.Build(schema, rows), 5), (ArrowRows.Build(schema, rows[..3]), 5), (ArrowRows.Build(schema, rows[..2]), 6), (ArrowRows.Build(schema, rows[..1]), 7)]);
        var headers = new List<FrameHeader>();
        await foreach (var block in bucket.Frames().ReadAsync(bucket.Sorted, new LogOffset(1000), TestBucket.Table(schema), new FetchRequest { Offset = default }, default))
        {
            using var frames = block.Frames!;
            headers.AddRange(Headers(frames.Memory));
        }

        Assert.True(headers.Count(header => header.FrameLength > GridLimits.CallBytesMax / 2) == 1, "Only the huge row makes a large frame.");
        Assert.InRange(headers.Count, 10, 20);
        Assert.Equal([(2, 6L), (1, 7L)], headers[^2..].Select(header => (header.RowCount, header.TimestampMs)));
        Assert.Equal(bucket.Rows.Count, headers.Sum(header => header.RowCount));
    }

    [Fact]
    public async Task One_column_of_many_reads_a_small_part_of_the_file()
    {
        var store = new CountingStore();
        var schema = TestFiles.Schema([new Column("narrow", DataType.Int32), .. Enumerable.Range(0, 20).Select(i => new Column($"wide{i}", DataType.Binary))]);
        var bucket = new TestBucket(store, TestBucket.Table(schema));
        var random = new Random(1);
        object?[][] rows = [.. Enumerable.Range(0, 4000).Select(i => (object?[])[i, .. Enumerable.Range(0, 20).Select(_ => (object?)RandomBytes(random, 50))])];
        var file = await bucket.AddAsync(schema, [(ArrowRows.Build(schema, rows), 5)]);
        var request = new FetchRequest { Offset = default, Project = true, SchemaVersion = schema.Version, Columns = [schema.Columns[0].Id] };

        var read = await bucket.ReadAsync(new LogOffset(1000), request, new LakeFramesOptions { ReadAheadBytes = 16 * 1024 });

        Assert.Equal(4000, read.Count);
        Assert.True(store.BytesRead * 10 < file.Bytes, $"{store.BytesRead} bytes were read of a file of {file.Bytes}.");
    }

    [Fact]
    public async Task Row_groups_before_the_first_offset_are_not_read()
    {
        var store = new CountingStore();
        var schema = TestFiles.Schema(new Column("b", DataType.Binary));
        var bucket = new TestBucket(store, TestBucket.Table(schema));
        var random = new Random(1);
        await bucket.AddAsync(
            schema,
            Enumerable.Range(0, 10).Select(_ => (ArrowRows.Build(schema, [.. Enumerable.Range(0, 100).Select(_ => new object?[] { RandomBytes(random, 1000) })]), 5L)),
            new LakeWriterOptions { RowGroupRowsMax = 100 });

        var read = await bucket.ReadAsync(new LogOffset(1950), options: new LakeFramesOptions { ReadAheadBytes = 1024 });

        Assert.Equal(TestBucket.Text(bucket.Rows[950..]), TestBucket.Text(read));
        Assert.True(store.BytesRead < 2 * 100 * 1000, $"{store.BytesRead} bytes were read for the last of ten row groups.");
    }

    [Theory]
    [InlineData(999)]
    [InlineData(1002)]
    public async Task An_offset_outside_of_the_lake_is_refused(long offset)
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int32));
        var bucket = new TestBucket(new CountingStore(), TestBucket.Table(schema));
        await bucket.AddAsync(schema, [(ArrowRows.Build(schema, [[7]]), 5)]);

        var refused = await Assert.ThrowsAsync<GridException>(() => bucket.ReadAsync(new LogOffset(offset)));

        Assert.Equal(GridErrorCode.OffsetOutOfRange, refused.Code);
        Assert.Empty(await bucket.ReadAsync(bucket.End));
    }

    private static async Task RoundTripAsync(ILakeStore store, Random random)
    {
        var schema = Generators.NextSchema(random, columnsMax: 6, primaryKey: false, depth: 2);
        var bucket = new TestBucket(store, TestBucket.Table(schema));
        var time = random.NextInt64(2_000_000_000_000);
        for (var file = random.Next(1, 4); file > 0; file--)
        {
            var batches = Enumerable.Range(0, random.Next(1, 6))
                .Select(_ => (Generators.NextBatch(schema, random.Next(1, 40), random), time += random.Next(2))).ToArray();
            await bucket.AddAsync(schema, batches, new LakeWriterOptions { RowGroupRowsMax = random.Next(1, 60) });
        }

        ColumnId[] columns = [.. schema.Columns.Select(column => column.Id).OrderBy(_ => random.Next()).Take(random.Next(schema.Columns.Length + 1))];
        var project = random.Next(2) == 0;
        var request = new FetchRequest
        {
            Offset = default,
            BytesMax = random.Next(2) == 0 ? random.Next(1, 3000) : GridLimits.CallBytesMax,
            Project = project,
            Columns = [.. columns],
            SchemaVersion = schema.Version,
        };
        var skip = random.Next(bucket.Rows.Count + 1);
        var options = new LakeFramesOptions { BatchRows = random.Next(1, 50), ReadAheadBytes = random.Next(1, 5000), FrameBytes = random.Next(1, 2000) };

        var read = await bucket.ReadAsync(new LogOffset(1000 + skip), request, options);

        var expected = bucket.Rows[skip..].Select(row => project ? row with { Row = [.. columns.Select(id => row.Row[schema.IndexOf(id)])] } : row);
        Assert.Equal(TestBucket.Text(expected), TestBucket.Text(read));
    }

    private static List<FrameHeader> Headers(ReadOnlyMemory<byte> frames)
    {
        var headers = new List<FrameHeader>();
        var reader = new FrameReader(frames);
        while (reader.Read())
            headers.Add(reader.Current.Header);
        return headers;
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
