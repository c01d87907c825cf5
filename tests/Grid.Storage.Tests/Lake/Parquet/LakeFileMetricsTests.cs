using System.Text;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class LakeFileMetricsTests
{
    [Fact]
    public void Metrics_are_those_of_the_rows() =>
        Gen.Select(Generators.SchemaAndBatch(rowsMax: 60), Gen.Int[5, 60]).Sample((made, groupRows) =>
        {
            var (schema, batch) = made;
            var (bytes, file) = TestFiles.Write(schema, new LakeWriterOptions { RowGroupRowsMax = groupRows }, batch);

            var rows = ArrowRows.Read(schema.Columns, batch);
            foreach (var naive in NaiveMetrics.Of(schema, rows))
                Check(naive, file);
            Assert.True(file.ColumnBytes.Values.Sum() < bytes.Length);
            Assert.Equal(file.ColumnBytes.Keys, file.ValueCounts.Keys);
            Assert.Equal(file.ColumnBytes.Keys, file.NullCounts.Keys);
        }, iter: 400);

    [Fact]
    public void Columns_within_lists_and_maps_are_counted_and_have_no_bounds()
    {
        var schema = TestFiles.Schema(new Column("l", DataType.Parse("list<struct<a:int32,b:float32>>")), new Column("m", DataType.Parse("map<string,int64>")));

        var (_, file) = TestFiles.Write(schema, [[new object?[] { new object?[] { 1, float.NaN }, null, new object?[] { null, 1f } }, null], [null, new object?[] { new object?[] { "k", 1L } }]]);

        // Ids go down the tree: l 1, element 2, a 3, b 4, m 5, key 6, value 7. Row two's list is null: an entry of its leaves.
        Assert.Equal([3, 4, 6, 7], file.ValueCounts.Keys);
        Assert.Equal([4L, 4, 2, 2], file.ValueCounts.Values);
        Assert.Empty(file.LowerBounds);
        Assert.Empty(file.UpperBounds);
        Assert.Empty(file.NanCounts);
    }

    [Fact]
    public void Negative_decimals_of_every_width_are_bounded()
    {
        foreach (var precision in new[] { 3, 9, 12, 18, 25, 38 })
        {
            var type = DataType.Decimal(precision, 2);
            var schema = TestFiles.Schema(new Column("d", type));
            var (_, file) = TestFiles.Write(schema, [[ValueText.Parse(type, "-2.00")], [ValueText.Parse(type, "-1.28")], [null]]);

            Assert.Equal("ff38", Convert.ToHexStringLower(file.LowerBounds[1].AsSpan()));
            Assert.Equal("80", Convert.ToHexStringLower(file.UpperBounds[1].AsSpan()));
        }
    }

    [Fact]
    public void Timestamps_are_bounded_to_the_microsecond()
    {
        var schema = TestFiles.Schema(new Column("a", DataType.Timestamp), new Column("b", DataType.TimestampUtc), new Column("c", DataType.Time));
        var (_, file) = TestFiles.Write(schema,
        [
            [DateTime.UnixEpoch.AddTicks(-10), DateTimeOffset.UnixEpoch.AddTicks(10), new TimeOnly(10)],
            [DateTime.SpecifyKind(DateTime.UnixEpoch.AddTicks(1_234_567_890), DateTimeKind.Unspecified), DateTimeOffset.UnixEpoch.AddTicks(20), new TimeOnly(863_999_999_990)],
        ]);

        Assert.Equal(-1, BitConverter.ToInt64(file.LowerBounds[1].AsSpan()));
        Assert.Equal(123_456_789, BitConverter.ToInt64(file.UpperBounds[1].AsSpan()));
        Assert.Equal(1, BitConverter.ToInt64(file.LowerBounds[2].AsSpan()));
        Assert.Equal(2, BitConverter.ToInt64(file.UpperBounds[2].AsSpan()));
        Assert.Equal(1, BitConverter.ToInt64(file.LowerBounds[3].AsSpan()));
        Assert.Equal(86_399_999_999, BitConverter.ToInt64(file.UpperBounds[3].AsSpan()));
    }

    [Fact]
    public void A_text_too_long_for_statistics_leaves_its_column_without_bounds()
    {
        var schema = TestFiles.Schema(new Column("s", DataType.String), new Column("t", DataType.String));

        var (_, file) = TestFiles.Write(schema, [[new string('x', 100_000), new string('x', 1000)]]);

        Assert.Equal([2], file.LowerBounds.Keys);
        Assert.Equal(new string('x', 16), Encoding.UTF8.GetString(file.LowerBounds[2].AsSpan()));
        Assert.Equal(new string('x', 15) + "y", Encoding.UTF8.GetString(file.UpperBounds[2].AsSpan()));
    }

    private static void Check(NaiveMetrics naive, LakeFile file)
    {
        var bounded = naive.Bounded;
        Assert.Equal(naive.Values.Length, file.ValueCounts.GetValueOrDefault(naive.Id));
        Assert.Equal(naive.Nulls, file.NullCounts.GetValueOrDefault(naive.Id));
        Assert.Equal(naive.IsFloat, file.NanCounts.ContainsKey(naive.Id));
        Assert.Equal(naive.Nans, file.NanCounts.GetValueOrDefault(naive.Id));
        Assert.Equal(bounded.Length > 0, file.LowerBounds.ContainsKey(naive.Id));
        if (bounded.Length == 0)
        {
            Assert.False(file.UpperBounds.ContainsKey(naive.Id));
            return;
        }

        var least = bounded.Order(Comparer<byte[]>.Create(naive.Compare)).First();
        var greatest = bounded.Order(Comparer<byte[]>.Create(naive.Compare)).Last();
        byte[] lower = [.. file.LowerBounds[naive.Id]];
        Assert.All(bounded, value => Assert.True(naive.Compare(lower, value) <= 0));
        if (file.UpperBounds.TryGetValue(naive.Id, out var highest))
            Assert.All(bounded, value => Assert.True(naive.Compare([.. highest], value) >= 0));
        else
            Assert.All(greatest.Take(16), value => Assert.Equal(0xff, value));
        if (naive.IsFloat || naive.Type.Kind is TypeKind.String or TypeKind.Binary or TypeKind.FixedBinary && Math.Max(least.Length, greatest.Length) > 16)
            return;
        Assert.Equal(least, lower);
        Assert.Equal(greatest, highest);
    }
}
