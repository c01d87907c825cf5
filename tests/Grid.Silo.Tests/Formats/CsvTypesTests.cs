using Grid.Silo.Formats;

namespace Grid.Silo.Tests.Formats;

public sealed class CsvTypesTests
{
    [Theory]
    [InlineData("string")]
    [InlineData("boolean", "true", "FALSE")]
    [InlineData("int64", "1", "-5", "0")]
    [InlineData("float64", "1", "2.5", "-1e3")]
    [InlineData("string", "007", "008")]
    [InlineData("string", "1", "x")]
    [InlineData("string", "true", "1")]
    [InlineData("string", "NaN", "1")]
    [InlineData("date", "2001-01-31")]
    [InlineData("timestamp", "2001-01-31", "2001-01-31 13:45:00")]
    [InlineData("timestamptz", "2001-01-31T13:45:00Z")]
    [InlineData("string", "2001-01-31T13:45:00Z", "2001-01-31")]
    [InlineData("string", "2001-01-31", "5")]
    public void The_type_reads_every_value(string type, params string[] values)
    {
        var types = new CsvTypes();
        foreach (var value in values)
            types.See(value);
        Assert.Equal(type, types.Type.ToString());
    }
}
