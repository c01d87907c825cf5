using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class ParquetFooterTests
{
    [Fact]
    public void A_damaged_footer_is_refused_or_read_and_nothing_else_happens()
    {
        var schema = TestFiles.Schema(new Column("i", DataType.Int64), new Column("s", DataType.Parse("struct<a:string,b:map<int32,float64>>")));
        var (bytes, _) = TestFiles.Write(schema, [[1L, new object?[] { "x", null }]]);
        var length = ParquetFooter.LengthOf(bytes.AsSpan(bytes.Length - ParquetFooter.TailBytes));
        var metadata = bytes[^(length + ParquetFooter.TailBytes)..^ParquetFooter.TailBytes];
        Gen.Select(Gen.Int[0, length - 1], Gen.Byte, Gen.Int[1, length]).Sample((at, value, kept) =>
        {
            var damaged = metadata.ToArray();
            damaged[at] = value;
            try
            {
                ParquetFooter.Parse(damaged.AsSpan(0, kept));
            }
            catch (GridException e)
            {
                Assert.Equal(GridErrorCode.Corrupt, e.Code);
            }
        }, iter: 20_000);
    }

    [Fact]
    public void What_is_no_Parquet_file_or_has_too_long_a_footer_is_refused()
    {
        var (bytes, _) = TestFiles.Write(TestFiles.Schema(new Column("i", DataType.Int64)), [[1L]]);

        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => ParquetFooter.Read(new MemoryStream([1, 2, 3]), 1000)).Code);
        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => ParquetFooter.Read(new MemoryStream(new byte[100]), 1000)).Code);
        Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => ParquetFooter.Read(new MemoryStream(bytes[^20..]), 1000)).Code);
        Assert.Equal(GridErrorCode.TooLarge, Assert.Throws<GridException>(() => ParquetFooter.Read(new MemoryStream(bytes), 10)).Code);
    }
}
