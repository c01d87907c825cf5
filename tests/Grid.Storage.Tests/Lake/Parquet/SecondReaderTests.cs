using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Parquet;
using Grid.Testing.Rows;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class SecondReaderTests
{
    [Theory]
    [InlineData("boolean")]
    [InlineData("int8")]
    [InlineData("int16")]
    [InlineData("int32")]
    [InlineData("int64")]
    [InlineData("float32")]
    [InlineData("float64")]
    [InlineData("decimal(9,2)")]
    [InlineData("decimal(18,2)")]
    [InlineData("decimal(25,2)")]
    [InlineData("string")]
    [InlineData("binary")]
    [InlineData("date")]
    [InlineData("time")]
    [InlineData("timestamp")]
    [InlineData("timestamptz")]
    [InlineData("uuid")]
    public async Task Another_reader_agrees_on_every_value(string text)
    {
        var type = DataType.Parse(text);
        var schema = LakeColumns.Extend(TestFiles.Schema(new Column("a", type), new Column("b", type, nullable: false)));
        var random = new Random(2);
        object?[][] rows =
        [
            .. Enumerable.Range(0, 120).Select(i => new[]
            {
                RandomValues.NextOrNull(schema.Columns[0], random), RandomValues.Next(type, random), 3, (long)i, DateTimeOffset.UnixEpoch.AddTicks(10 * i),
            }),
        ];

        var (bytes, _) = TestFiles.Write(schema, new LakeWriterOptions { RowGroupRowsMax = 50 }, ArrowRows.Build(schema, rows));

        var read = await SecondReader.ReadAsync(bytes);
        Assert.Equal(5, read.Length);
        for (var i = 0; i < read.Length; i++)
            Assert.Equal(rows.Select(row => SecondReader.Text(row[i])), read[i]);
    }
}
