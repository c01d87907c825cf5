using System.Collections.Immutable;
using Apache.Arrow;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Tests.Lake.Parquet;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Reading;

/// <summary>Files of a lake are anybody's: what does not fit is refused with the file and the numbers.</summary>
public sealed class LakeDamageTests
{
    private const string Name = "table/data/0.parquet";

    private static readonly TableSchema Schema = TestFiles.Schema(new Column("i", DataType.Int32), new Column("s", DataType.String));

    private readonly CountingStore _store = new();
    private readonly TestBucket _bucket;

    public LakeDamageTests() => _bucket = new TestBucket(_store, TestBucket.Table(Schema));

    [Fact]
    public async Task A_missing_file_is_a_failure_of_the_storage()
    {
        await AddAsync(3);
        _store.Files.Clear();

        var refused = await RefusedAsync();

        Assert.Equal(GridErrorCode.StorageFailed, refused.Code);
        Assert.Contains(Name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_outside_of_the_warehouse_is_refused()
    {
        var file = await AddAsync(3);
        _bucket.Replace(0, file with { Location = "file:///etc/passwd" });

        Assert.Equal(GridErrorCode.Corrupt, (await RefusedAsync()).Code);
    }

    [Fact]
    public async Task A_file_that_was_cut_anywhere_is_refused()
    {
        await AddAsync(3);
        var whole = _store.Files[Name];
        for (var length = 0; length < whole.Length; length += 1 + (whole.Length / 50))
        {
            _store.Files[Name] = whole[..length];

            var refused = await RefusedAsync();

            Assert.Equal(GridErrorCode.Corrupt, refused.Code);
            Assert.Contains(Name, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Damaged_bytes_are_refused_or_do_not_matter()
    {
        await AddAsync(30);
        var whole = _store.Files[Name];
        await Generators.Random.SampleAsync(
            async random =>
            {
                var store = new CountingStore { Files = { [Name] = [.. whole] } };
                store.Files[Name][random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
                var read = new List<(LogOffset, long, object?[])>();
                var next = _bucket.Sorted.Start;
                try
                {
                    await foreach (var block in new LakeFrames(store, 3, new LakeFramesOptions()).ReadAsync(_bucket.Sorted, next, TestBucket.Table(Schema), Request, default))
                    {
                        using var frames = block.Frames!;
                        _bucket.Decode(frames.Memory, Request, read, ref next);
                    }
                }
                catch (GridException e) when (e.Code == GridErrorCode.Corrupt)
                {
                    Assert.Contains(Name, e.Message, StringComparison.Ordinal);
                    return;
                }

                Assert.Equal(_bucket.Rows.Select(row => row.Offset), read.Select(row => row.Item1));
            },
            iter: 300,
            threads: 1);
    }

    [Fact]
    public async Task Rows_of_another_bucket_are_refused()
    {
        await _bucket.AddAsync(Schema, [(Batch(3), 5)], markedAs: 4);

        await RefusedAsync("row 0 of memory://lake/table/data/0.parquet has bucket 4 and belongs to 3");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(39)]
    public async Task An_offset_that_does_not_follow_the_one_before_is_refused(int row)
    {
        await WriteAsync(i => (3, i == row ? 5 : 1000 + i, 5_000));

        await RefusedAsync($"row {row} of memory://lake/table/data/0.parquet has offset 5 where {1000 + row} belongs");
    }

    [Theory]
    [InlineData(-1000)]
    [InlineData(1001)]
    public async Task A_time_that_no_frame_can_have_is_refused(long time)
    {
        await WriteAsync(i => (3, 1000 + i, i < 20 ? 5_000 : time));

        await RefusedAsync($"row 20 of memory://lake/table/data/0.parquet has timestamp {time}");
    }

    [Fact]
    public async Task A_file_without_offsets_is_refused()
    {
        await AddAsync(3);
        _store.Files[Name] = TestFiles.Write(Schema, ArrowRows.Read(Schema.Columns, Batch(3))).Bytes;
        _bucket.Replace(0, _bucket.Files[0] with { Bytes = _store.Files[Name].Length });

        Assert.Equal(GridErrorCode.Corrupt, (await RefusedAsync()).Code);
    }

    [Fact]
    public async Task A_null_where_none_may_be_is_refused()
    {
        var strict = Schema with { Columns = [Schema.Columns[0] with { Nullable = false }, Schema.Columns[1]] };
        await _bucket.AddAsync(Schema, [(ArrowRows.Build(Schema, [[null, "x"]]), 5)]);

        var refused = await Assert.ThrowsAsync<GridException>(() => DrainAsync(_bucket.Frames().ReadAsync(_bucket.Sorted, new LogOffset(1000), TestBucket.Table(strict), Request, default)));

        Assert.Equal(GridErrorCode.Corrupt, refused.Code);
        Assert.Contains(Name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_rows_than_the_manifest_says_are_refused()
    {
        var file = await AddAsync(3);
        _bucket.Replace(0, file with { Rows = 2, UpperBounds = With(file.UpperBounds, 1001) });

        await RefusedAsync("has 3 rows and its manifest says 2");
    }

    [Fact]
    public async Task Files_that_overlap_are_refused()
    {
        var file = await AddAsync(3);
        _bucket.End = new LogOffset(1002);
        await AddAsync(3);

        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => _bucket.Sorted).Code);
        _bucket.Replace(1, file);
        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => _bucket.Sorted).Code);
    }

    [Fact]
    public async Task Bounds_that_are_no_offsets_of_the_rows_are_refused()
    {
        var file = await AddAsync(3);
        LakeFile[] bad =
        [
            file with { LowerBounds = file.LowerBounds.Remove(LakeColumns.Offset.Id.Value) },
            file with { UpperBounds = file.UpperBounds.SetItem(LakeColumns.Offset.Id.Value, [1, 2, 3, 4]) },
            file with { LowerBounds = With(file.LowerBounds, 1001) },
            file with { LowerBounds = With(file.LowerBounds, 1003) },
            file with { LowerBounds = With(file.LowerBounds, -1), UpperBounds = With(file.UpperBounds, 1) },
            file with { LowerBounds = With(file.LowerBounds, long.MaxValue - 2), UpperBounds = With(file.UpperBounds, long.MaxValue) },
            file with { Rows = 0 },
            file with { Bytes = 0 },
        ];
        Assert.All(bad, file => Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => LakeBucketFiles.Of([file])).Code));
        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => LakeBucketFiles.Of([file with { Content = LakeFileContent.PositionDeletes }])).Code);
    }

    [Fact]
    public async Task A_gap_between_files_is_refused_where_it_is_reached()
    {
        await AddAsync(3);
        await AddAsync(3);
        await AddAsync(3);
        _bucket.Remove(1);
        var files = _bucket.Sorted;
        var blocks = new List<LogOffset>();

        var refused = await Assert.ThrowsAsync<GridException>(async () =>
        {
            await foreach (var block in _bucket.Frames().ReadAsync(files, files.Start, TestBucket.Table(Schema), Request, default))
            {
                block.Frames!.Dispose();
                blocks.Add(block.Next);
            }
        });

        Assert.Equal((GridErrorCode.Corrupt, true), (refused.Code, refused.Message.Contains("no file with offset 1003", StringComparison.Ordinal)));
        Assert.Equal([new LogOffset(1003)], blocks);
        Assert.Equal([0, 0, -1, -1, 1, 1, -1, -1], new long[] { 1000, 1002, 1003, 1005, 1006, 1008, 1009, 0 }.Select(offset => files.Find(new LogOffset(offset))));
        Assert.Equal(3, (await _bucket.ReadAsync(new LogOffset(1006))).Count);
    }

    [Fact]
    public async Task No_files_have_no_offsets()
    {
        var files = LakeBucketFiles.Of([]);

        Assert.Equal((default, default, -1), (files.Start, files.End, files.Find(default)));
        Assert.Empty(await _bucket.ReadAsync(default));
    }

    private static FetchRequest Request { get; } = new() { Offset = default };

    private static ImmutableSortedDictionary<int, ImmutableArray<byte>> With(ImmutableSortedDictionary<int, ImmutableArray<byte>> bounds, long offset) =>
        bounds.SetItem(LakeColumns.Offset.Id.Value, [.. BitConverter.GetBytes(offset)]);

    private static RecordBatch Batch(int rows) => ArrowRows.Build(Schema, [.. Enumerable.Range(0, rows).Select(i => new object?[] { i, $"text {i}" })]);

    private static async Task DrainAsync(IAsyncEnumerable<LakeFrameBlock> blocks)
    {
        await foreach (var block in blocks)
            block.Frames?.Dispose();
    }

    private Task<LakeFile> AddAsync(int rows) => _bucket.AddAsync(Schema, [(Batch(rows), 5)]);

    /// <summary>Forty rows whose manifest tells of other places than the rows.</summary>
    private async Task WriteAsync(Func<int, (int Bucket, long Offset, long Microseconds)> place)
    {
        await AddAsync(40);
        var extended = LakeColumns.Extend(Schema);
        var places = Enumerable.Range(0, 40).Select(place).ToArray();
        var rows = ArrowRows.Build(extended,
            [.. places.Select((at, i) => new object?[] { i, "x", at.Bucket, at.Offset, DateTimeOffset.UnixEpoch.AddMicroseconds(at.Microseconds) })]);
        _store.Files[Name] = TestFiles.Write(extended, new LakeWriterOptions(), rows).Bytes;
        _bucket.Replace(0, _bucket.Files[0] with { Bytes = _store.Files[Name].Length });
    }

    private Task<GridException> RefusedAsync() => Assert.ThrowsAsync<GridException>(() => _bucket.ReadAsync(_bucket.Sorted.Start));

    private async Task RefusedAsync(string message)
    {
        var refused = await RefusedAsync();
        Assert.Equal(GridErrorCode.Corrupt, refused.Code);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }
}
