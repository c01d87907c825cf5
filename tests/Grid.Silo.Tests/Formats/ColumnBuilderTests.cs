using Grid.Abstractions;
using Grid.Silo.Formats;
using Column = Grid.Abstractions.Column;

namespace Grid.Silo.Tests.Formats;

public sealed class ColumnBuilderTests
{
    [Theory]
    [InlineData("boolean", "true", "false")]
    [InlineData("int8", "-128", "127")]
    [InlineData("int16", "-32768", "5")]
    [InlineData("int32", "-2147483648", "5")]
    [InlineData("int64", "-9223372036854775808", "9223372036854775807")]
    [InlineData("float32", "1.5", "-2E+10")]
    [InlineData("float64", "1.5", "NaN")]
    [InlineData("decimal(10,2)", "12.50", "-0.01")]
    [InlineData("decimal(38,0)", "99999999999999999999999999999999999999", "0")]
    [InlineData("string", "", "zwölf")]
    [InlineData("binary", "00ff", "")]
    [InlineData("fixed(2)", "00ff", "abcd")]
    [InlineData("date", "1815-12-10", "9999-12-31")]
    [InlineData("time", "13:45:00.000001", "00:00:00")]
    [InlineData("timestamp", "2001-01-31T13:45:00.5", "0001-01-01T00:00:00")]
    [InlineData("timestamptz", "2001-01-31T13:45:00.5Z", "1970-01-01T00:00:00Z")]
    [InlineData("uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", "00000000-0000-0000-0000-000000000001")]
    public void A_value_comes_back_as_the_text_it_came_from(string typeText, string first, string second)
    {
        var type = DataType.Parse(typeText);
        var builder = ColumnBuilder.For(new Column("value", type));
        builder.AppendText(first);
        builder.AppendNull();
        builder.AppendText(second);
        var array = builder.Build();

        Assert.Equal([first, null, second], Enumerable.Range(0, 3).Select(row => CellText.Of(type, array, row)));
        Assert.Equal(1, array.NullCount);
        Assert.Equal(0, builder.Build().Length);
    }

    [Fact]
    public void A_refused_value_leaves_no_trace()
    {
        var builder = ColumnBuilder.For(new Column("value", DataType.Int32));
        Assert.Throws<GridException>(() => builder.AppendText("x"));
        builder.AppendText("5");
        Assert.Equal("5", CellText.Of(DataType.Int32, builder.Build(), 0));
    }

    [Fact]
    public void Nested_columns_are_refused_by_name() =>
        Assert.Contains("'tags'", Assert.Throws<GridException>(() => ColumnBuilder.For(new Column("tags", DataType.List(DataType.String)))).Message, StringComparison.Ordinal);
}
