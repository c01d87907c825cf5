using System.Data.SqlTypes;
using CsCheck;
using Grid.Abstractions;
using Grid.Client.Columns;
using Grid.Client.Rows;

namespace Grid.Client.Tests.Rows;

public sealed class RowMappingTests
{
    private enum Color
    {
        Red = -1,
        Green = 2,
    }

    private sealed record Point(double X, double? Y, string? Label);

    private readonly record struct Span(int From, int To);

    /// <summary>Every data type, without nulls and with.</summary>
    private sealed record Everything(
        bool Boolean, bool? BooleanOrNull, sbyte Int8, short? Int16, int Int32, long? Int64, float Float32, double? Float64,
        [property: Column(Type = "decimal(28,6)")] decimal Decimal, [property: Column(Type = "decimal(38,10)")] SqlDecimal? SqlDecimal,
        string Text, string? TextOrNull, byte[] Binary, byte[]? BinaryOrNull, [property: Column(Type = "fixed(3)")] byte[]? Fixed,
        DateOnly Date, TimeOnly? Time, DateTime Timestamp, DateTimeOffset? TimestampUtc, Guid Uuid, Color Color, Color? ColorOrNull,
        List<int> Ints, string?[]? Texts, IReadOnlyList<Point?>? Points, Dictionary<string, long?> Map, Point Point, Point? PointOrNull, Span Span, Span? SpanOrNull)
    {
        public int Settable { get; set; }

        [NotAColumn]
        public int Ignored { get; set; }

        public int Computed => Int32 + 1;
    }

    private static Gen<Everything> Rows { get; } = Gen.Int.Select(seed => Next(new Random(seed)));

    [Fact]
    public void Rows_of_every_type_come_back_as_they_were() =>
        Rows.Array[0, 40].Sample(rows =>
        {
            var schema = SchemaEvolution.Create(TableDefinition.Of<Everything>("test.everything"));
            var mapper = new RowMapper<Everything>(schema);
            var builder = new BatchBuffer(ArrowSchemas.ToArrow(schema));
            mapper.Write(builder, rows, 0, rows.Length);
            using var encoder = new FrameEncoder(new FrameEncoderOptions());
            using var block = encoder.Encode(builder.Build(), schema, null, FrameFlags.None, default, 0);
            var reader = new FrameReader(block.Memory);
            Assert.True(reader.Read());
            using var batch = FrameDecoder.Decode(reader.Current.Message, reader.Current.Header.RowCount, ArrowSchemas.ToArrow(schema));
            Assert.Equal(rows.Select(Describe), mapper.Read(batch).Select(Describe));

            // A part of the rows, from a place that is no multiple of eight.
            var some = new Everything[rows.Length / 2];
            mapper.Read(batch, rows.Length / 3, some, 0, some.Length);
            Assert.Equal(rows.Skip(rows.Length / 3).Take(some.Length).Select(Describe), some.Select(Describe));
        }, iter: 200);

    [Fact]
    public void A_row_type_becomes_a_table_with_the_nullability_of_its_properties()
    {
        var table = TableDefinition.Of<Everything>("test.everything");
        Assert.Equal("boolean:boolean not null", table.Columns[0].ToString());
        Assert.Equal("int64:int64", table.Columns[5].ToString());
        Assert.Equal("text_or_null:string", table.Columns[11].ToString());
        Assert.Equal("settable:int32 not null", table.Columns[^1].ToString());
        Assert.DoesNotContain(table.Columns, c => c.Name is "ignored" or "computed");
        Assert.Equal("struct<x:float64 not null,y:float64,label:string>", table.Columns.Single(c => c.Name == "point").Type.ToString());
    }

    private sealed record Named([property: Key(1)] int Second, [property: Key(0), BucketKey] string First, [property: Column("other")] string? Value);

    [Fact]
    public void Attributes_name_columns_and_order_keys()
    {
        var table = TableDefinition.Of<Named>("test.named");
        Assert.Equal<string>(["first", "second"], table.PrimaryKey);
        Assert.Equal<string>(["first"], table.BucketKey);
        Assert.Equal("other", table.Columns[2].Name);
    }

    private sealed record Plain(string Text, int Number);

    private sealed record Loose(string? Text, int? Number);

    [Fact]
    public void Nulls_that_have_no_place_are_refused_on_both_ways_and_nothing_is_kept()
    {
        var strict = SchemaEvolution.Create(TableDefinition.Of<Plain>("test.plain"));
        var builder = new BatchBuffer(ArrowSchemas.ToArrow(strict));
        new RowMapper<Plain>(strict).Write(builder, [new Plain("kept", 1)], 0, 1);
        Loose[] loose = [new("a", 2), new(null, 3)];
        Assert.Equal(GridErrorCode.NullNotAllowed, Assert.Throws<GridException>(() => new RowMapper<Loose>(strict).Write(builder, loose, 0, 2)).Code);
        Assert.Equal([new Plain("kept", 1)], new RowMapper<Plain>(strict).Read(builder.Build()));

        var nullable = SchemaEvolution.Create(TableDefinition.Of<Loose>("test.loose"));
        builder = new BatchBuffer(ArrowSchemas.ToArrow(nullable));
        new RowMapper<Loose>(nullable).Write(builder, loose, 0, 2);
        Assert.Equal(GridErrorCode.NullNotAllowed, Assert.Throws<GridException>(() => new RowMapper<Plain>(nullable).Read(builder.Build())).Code);
    }

    private sealed record Money([property: Column(Type = "decimal(5,2)")] decimal Amount);

    [Theory]
    [InlineData("999.99", true)]
    [InlineData("-999.99", true)]
    [InlineData("1.500", true)]
    [InlineData("1000", false)]
    [InlineData("0.001", false)]
    [InlineData("79228162514264337593543950335", false)]
    public void Decimals_are_exact_or_refused(string text, bool fits)
    {
        var schema = SchemaEvolution.Create(TableDefinition.Of<Money>("test.money"));
        var mapper = new RowMapper<Money>(schema);
        var builder = new BatchBuffer(ArrowSchemas.ToArrow(schema));
        var row = new Money(decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        if (!fits)
        {
            Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => mapper.Write(builder, [row], 0, 1)).Code);
            return;
        }

        mapper.Write(builder, [row], 0, 1);
        Assert.Equal(row, Assert.Single(mapper.Read(builder.Build())));
    }

    [Fact]
    public void A_type_without_a_counterpart_is_refused_by_name()
    {
        var refused = Assert.Throws<GridException>(() => TableDefinition.Of<Odd>("test.odd"));
        Assert.Equal(GridErrorCode.InvalidSchema, refused.Code);
        Assert.Contains("when", refused.Message, StringComparison.Ordinal);
        var schema = SchemaEvolution.Create(TableDefinition.Of<Plain>("test.plain"));
        Assert.Equal(GridErrorCode.SchemaMismatch, Assert.Throws<GridException>(() => new RowMapper<WrongType>(schema)).Code);
    }

    private sealed record Odd(TimeSpan When);

    private sealed record WrongType(string Text, long Number);

    private static string Describe(Everything row) => System.Text.Json.JsonSerializer.Serialize(row with { Ignored = 0, SqlDecimal = null, Decimal = row.Decimal / 1.0000000000000000000000000000m, TimestampUtc = row.TimestampUtc?.ToUniversalTime() }) + row.SqlDecimal;

    private static Everything Next(Random random)
    {
        bool Some() => random.Next(3) != 0;
        string Text() => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => (string[])["a", "Ω", "日本", "😀", "\0"]).Select(s => s[random.Next(s.Length)]));
        byte[] Bytes(int length)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            return bytes;
        }

        DateTime Moment() => new DateTime(1, 1, 1).AddTicks(random.NextInt64(DateTime.MaxValue.Ticks / 10) * 10);
        Point NextPoint() => new(random.NextDouble(), Some() ? random.NextDouble() : null, Some() ? Text() : null);
        return new Everything(
            Some(), Some() ? Some() : null, (sbyte)random.Next(-128, 128), Some() ? (short)random.Next(-32768, 32768) : null, random.Next(), Some() ? random.NextInt64() : null,
            random.NextSingle(), Some() ? random.NextDouble() : null,
            new decimal(random.Next(), random.Next(), 0, Some(), (byte)random.Next(7)), Some() ? new SqlDecimal(38, 10, Some(), random.Next(), random.Next(), random.Next(), 0) : null,
            Text(), Some() ? Text() : null, Bytes(random.Next(5)), Some() ? Bytes(random.Next(5)) : null, Some() ? Bytes(3) : null,
            DateOnly.FromDateTime(Moment()), Some() ? TimeOnly.FromDateTime(Moment()) : null, Moment(), Some() ? new DateTimeOffset(Moment(), TimeSpan.Zero) : null, new Guid(Bytes(16)),
            Some() ? Color.Red : Color.Green, Some() ? Color.Green : null,
            [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next())],
            Some() ? [.. Enumerable.Range(0, random.Next(4)).Select(_ => Some() ? Text() : null)] : null,
            Some() ? [.. Enumerable.Range(0, random.Next(4)).Select(_ => Some() ? NextPoint() : null)] : null,
            Enumerable.Range(0, random.Next(4)).ToDictionary(i => $"{i}{Text()}", _ => Some() ? (long?)random.NextInt64() : null),
            NextPoint(), Some() ? NextPoint() : null, new Span(random.Next(), random.Next()), Some() ? new Span(random.Next(), random.Next()) : null)
        { Settable = random.Next() };
    }
}
