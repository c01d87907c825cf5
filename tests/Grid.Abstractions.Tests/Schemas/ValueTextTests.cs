using System.Data.SqlTypes;
using Grid.Abstractions;

namespace Grid.Abstractions.Tests.Schemas;

public sealed class ValueTextTests
{
    [Theory]
    [InlineData("boolean", "true")]
    [InlineData("int8", "-128")]
    [InlineData("int64", "9223372036854775807")]
    [InlineData("float32", "0.1")]
    [InlineData("float64", "-0")]
    [InlineData("float64", "NaN")]
    [InlineData("float64", "-Infinity")]
    [InlineData("decimal(10,2)", "12.50")]
    [InlineData("decimal(10,2)", "-0.05")]
    [InlineData("decimal(5,0)", "12345")]
    [InlineData("decimal(38,0)", "99999999999999999999999999999999999999")]
    [InlineData("decimal(38,38)", "-0.99999999999999999999999999999999999999")]
    [InlineData("string", "any text, \u00e4 \ud83d\ude00")]
    [InlineData("string", "")]
    [InlineData("binary", "00ff7f")]
    [InlineData("fixed(2)", "cafe")]
    [InlineData("date", "0001-01-01")]
    [InlineData("date", "2001-01-31")]
    [InlineData("time", "13:45:00.000001")]
    [InlineData("time", "13:45:00")]
    [InlineData("timestamp", "2001-01-31T13:45:00.5")]
    [InlineData("timestamp", "0001-01-01T00:00:00")]
    [InlineData("timestamptz", "2001-01-31T13:45:00.5Z")]
    [InlineData("timestamptz", "9999-12-31T23:59:59.999999Z")]
    [InlineData("uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7")]
    public void A_value_reads_back_as_it_was_written(string type, string text)
    {
        var dataType = DataType.Parse(type);
        Assert.Equal(text, ValueText.Format(dataType, ValueText.Parse(dataType, text)));
    }

    [Theory]
    [InlineData("decimal(10,2)", "12.5000", "12.50")]
    [InlineData("decimal(10,2)", "+.5", "0.50")]
    [InlineData("binary", "CAFE", "cafe")]
    [InlineData("timestamp", "2001-01-31 13:45", "2001-01-31T13:45:00")]
    [InlineData("timestamp", "2001-01-31", "2001-01-31T00:00:00")]
    [InlineData("timestamptz", "2001-01-31T13:45:00+02:00", "2001-01-31T11:45:00Z")]
    public void Other_spellings_of_the_same_value_are_read(string type, string text, string canonical)
    {
        var dataType = DataType.Parse(type);
        Assert.Equal(canonical, ValueText.Format(dataType, ValueText.Parse(dataType, text)));
    }

    [Theory]
    [InlineData("boolean", "1")]
    [InlineData("int8", "128")]
    [InlineData("int32", " 1")]
    [InlineData("int32", "1.0")]
    [InlineData("float64", "1e999")]
    [InlineData("float32", "1e39")]
    [InlineData("decimal(10,2)", "1.234")]
    [InlineData("decimal(3,2)", "10.00")]
    [InlineData("decimal(3,2)", ".")]
    [InlineData("decimal(3,2)", "-")]
    [InlineData("decimal(38,0)", "999999999999999999999999999999999999999999999999999999999999")]
    [InlineData("binary", "0")]
    [InlineData("binary", "zz")]
    [InlineData("fixed(2)", "00")]
    [InlineData("date", "2001-02-29")]
    [InlineData("time", "24:00:00")]
    [InlineData("timestamp", "2001-01-31T13:45:00Z")]
    [InlineData("timestamptz", "2001-01-31T13:45:00")]
    [InlineData("uuid", "f79c3e09")]
    [InlineData("list<int32>", "[]")]
    public void A_text_that_is_no_value_of_the_type_is_refused(string type, string text)
    {
        var refusal = Assert.Throws<GridException>(() => ValueText.Parse(DataType.Parse(type), text));
        Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
    }

    [Fact]
    public void Values_are_of_the_documented_types()
    {
        Assert.IsType<decimal>(ValueText.Parse(DataType.Decimal(28, 3), "1"));
        Assert.IsType<SqlDecimal>(ValueText.Parse(DataType.Decimal(29, 3), "1"));
        Assert.Equal(DateTimeKind.Unspecified, Assert.IsType<DateTime>(ValueText.Parse(DataType.Timestamp, "2001-01-31")).Kind);
        Assert.Equal(TimeSpan.Zero, Assert.IsType<DateTimeOffset>(ValueText.Parse(DataType.TimestampUtc, "2001-01-31T01:00+02:00")).Offset);
    }

    [Fact]
    public void Values_of_another_type_or_finer_than_the_type_are_refused()
    {
        Assert.Throws<GridException>(() => ValueText.Format(DataType.Int32, 1L));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.String, "\ud800"));
        Assert.Throws<GridException>(() => ValueText.Parse(DataType.String, "\udc00\ud800"));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.Decimal(4, 2), 1.234m));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.Decimal(4, 2), 100m));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.Decimal(38, 10), SqlDecimal.Null));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.Time, new TimeOnly(1)));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.Timestamp, new DateTime(1, DateTimeKind.Local)));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.FixedBinary(2), new byte[3]));
        Assert.Throws<GridException>(() => ValueText.Format(DataType.List(DataType.Int32), new[] { 1 }));
    }

    [Fact]
    public void Decimals_of_other_scales_fit_where_they_are_exact()
    {
        Assert.Equal("1.50", ValueText.Format(DataType.Decimal(4, 2), 1.5m));
        Assert.Equal("1.5", ValueText.Format(DataType.Decimal(4, 1), 1.5000m));
        Assert.Equal("1.5000000000", ValueText.Format(DataType.Decimal(38, 10), 1.5m));
        Assert.Equal("1.50", ValueText.Format(DataType.Decimal(4, 2), SqlDecimal.Parse("1.5")));
    }
}
