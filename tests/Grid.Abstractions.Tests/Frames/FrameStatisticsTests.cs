using System.Data.SqlTypes;
using System.Globalization;
using System.Text;
using Apache.Arrow;
using CsCheck;
using Grid.Testing;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Abstractions.Tests.Frames;

public sealed class FrameStatisticsTests
{
    [Fact]
    public void Bounds_hold_for_every_value_and_nulls_are_counted() =>
        Generators.SchemaAndBatch(columnsMax: 10, rowsMax: 150, depth: 1).Sample(made =>
        {
            var read = Read(made.Schema, made.Batch, out var statistics);
            Assert.Equal(made.Batch.Length > 0 && made.Schema.Columns.Any(c => !c.Type.IsNested), read);
            if (!read)
                return;
            Assert.Equal(made.Batch.Length, statistics!.RowCount);
            var rows = ArrowRows.Read(made.Schema.Columns, made.Batch);
            for (var i = 0; i < made.Schema.Columns.Length; i++)
                Check(made.Schema.Columns[i], [.. rows.Select(row => row[i])], statistics);
        }, iter: 300);

    [Fact]
    public void Long_text_is_cut_and_its_upper_bound_raised()
    {
        var long1 = new string('a', 100);
        var (min, max) = Bounds(DataType.String, long1, "b" + long1);

        Assert.Equal(Encoding.ASCII.GetBytes(new string('a', 32)), min);
        Assert.Equal(Encoding.ASCII.GetBytes("b" + new string('a', 30) + "b"), max);
    }

    [Fact]
    public void An_upper_bound_that_cannot_be_raised_is_left_out()
    {
        var all = Enumerable.Repeat((byte)0xFF, 40).ToArray();
        var schema = TestFrames.Schema(new Column("b", DataType.Binary));

        Assert.True(Read(schema, ArrowRows.Build(schema, [[all]]), out var statistics));
        Assert.True(statistics!.TryGet(new ColumnId(1), out var column));
        Assert.False(column.HasMinMax);
        Assert.Equal([0xFF, 0xFF, 0xFF], Bounds(DataType.Binary, new byte[] { 0xFF, 0xFF, 0xFF }).Max);
    }

    [Fact]
    public void A_NaN_leaves_no_bounds_wherever_it_stands()
    {
        var schema = TestFrames.Schema(new Column("x", DataType.Float64));
        for (var at = 0; at < 40; at++)
        {
            var rows = Enumerable.Range(0, 40).Select(i => new object?[] { i == at ? double.NaN : i }).ToArray();
            Assert.True(Read(schema, ArrowRows.Build(schema, rows), out var statistics));
            Assert.True(statistics!.TryGet(new ColumnId(1), out var column));
            Assert.False(column.HasMinMax);
        }
    }

    [Theory]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.PositiveInfinity)]
    public void An_infinity_alone_is_its_own_bound(double value)
    {
        var (min, max) = Bounds(DataType.Float64, value);
        Assert.Equal(min, max);
        Assert.Equal(min, Bounds(DataType.Float64, value, value, value, value, value).Min);
    }

    [Fact]
    public void Without_statistics_in_the_message_there_are_none()
    {
        var schema = TestFrames.Schema(new Column("n", DataType.Int32));
        using var encoder = new FrameEncoder(new FrameEncoderOptions { Statistics = false });
        using var block = encoder.Encode(ArrowRows.Build(schema, [[1]]), schema, null, FrameFlags.None, default, 0);

        Assert.False(FrameStatistics.TryRead(TestFrames.Metadata(TestFrames.Single(block)), out _));
    }

    private static (byte[] Min, byte[] Max) Bounds(DataType type, params object[] values)
    {
        var schema = TestFrames.Schema(new Column("c", type));
        Assert.True(Read(schema, ArrowRows.Build(schema, [.. values.Select(value => new[] { value })]), out var statistics));
        Assert.True(statistics!.TryGet(new ColumnId(1), out var column));
        Assert.True(column.HasMinMax);
        return (column.Min.ToArray(), column.Max.ToArray());
    }

    private static bool Read(TableSchema schema, RecordBatch batch, out FrameStatistics? statistics)
    {
        using var encoder = new FrameEncoder(new FrameEncoderOptions());
        using var block = encoder.Encode(batch, schema, null, FrameFlags.None, default, 0);
        return FrameStatistics.TryRead(TestFrames.Metadata(TestFrames.Single(block)), out statistics);
    }

    private static void Check(Column column, object?[] values, FrameStatistics statistics)
    {
        Assert.Equal(!column.Type.IsNested, statistics.TryGet(column.Id, out var found));
        if (column.Type.IsNested)
            return;
        Assert.Equal(values.Count(value => value is null), found.NullCount);
        var present = values.Where(value => value is not null).ToArray();
        if (present.Length == 0 || present.Any(value => value is double.NaN or float.NaN))
        {
            Assert.False(found.HasMinMax);
            return;
        }

        if (!found.HasMinMax)
        {
            Assert.True(column.Type.Kind is TypeKind.Binary or TypeKind.FixedBinary);
            return;
        }

        byte[][] encoded = [.. present.Select(value => Encode(column.Type, value!)).Order(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))];
        Assert.True(found.Min.Span.SequenceCompareTo(encoded[0]) <= 0);
        Assert.True(found.Max.Span.SequenceCompareTo(encoded[^1]) >= 0);
        if (encoded[0].Length <= FrameStatistics.BoundBytesMax)
            Assert.Equal(encoded[0], found.Min.ToArray());
        if (encoded[^1].Length <= FrameStatistics.BoundBytesMax)
            Assert.Equal(encoded[^1], found.Max.ToArray());
    }

    private static byte[] Encode(DataType type, object value)
    {
        var bytes = new byte[16];
        var length = value switch
        {
            bool v => OrderedBytes.WriteBoolean(bytes, v),
            sbyte v => OrderedBytes.WriteInt8(bytes, v),
            short v => OrderedBytes.WriteInt16(bytes, v),
            int v => OrderedBytes.WriteInt32(bytes, v),
            long v => OrderedBytes.WriteInt64(bytes, v),
            float v => OrderedBytes.WriteFloat32(bytes, v),
            double v => OrderedBytes.WriteFloat64(bytes, v),
            DateOnly v => OrderedBytes.WriteInt32(bytes, v.DayNumber - new DateOnly(1970, 1, 1).DayNumber),
            TimeOnly v => OrderedBytes.WriteInt64(bytes, v.Ticks / 10),
            DateTime v => OrderedBytes.WriteInt64(bytes, (v.Ticks - DateTime.UnixEpoch.Ticks) / 10),
            DateTimeOffset v => OrderedBytes.WriteInt64(bytes, (v.UtcTicks - DateTime.UnixEpoch.Ticks) / 10),
            decimal or SqlDecimal => OrderedBytes.WriteInt128(bytes, Int128.Parse(ValueText.Format(type, value).Replace(".", ""), CultureInfo.InvariantCulture)),
            _ => -1,
        };
        return value switch
        {
            string text => Encoding.UTF8.GetBytes(text),
            byte[] raw => raw,
            Guid uuid => uuid.ToByteArray(bigEndian: true),
            _ => bytes[..length],
        };
    }
}
