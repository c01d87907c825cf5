using Grid.Abstractions;

namespace Grid.Abstractions.Tests.Schemas;

public sealed class DataTypeParserTests
{
    [Theory]
    [InlineData("boolean")]
    [InlineData("int8")]
    [InlineData("int64")]
    [InlineData("float32")]
    [InlineData("decimal(10,2)")]
    [InlineData("decimal(38,38)")]
    [InlineData("fixed(16)")]
    [InlineData("timestamptz")]
    [InlineData("list<int32>")]
    [InlineData("list<list<string not null> not null>")]
    [InlineData("struct<a:int32,b:string not null>")]
    [InlineData("struct<\"a b\":int32,\"say \"\"x\"\", <y>\":string>")]
    [InlineData("map<string,int64>")]
    [InlineData("map<date,struct<a:list<uuid>> not null>")]
    public void A_type_reads_back_as_it_was_written(string text) => Assert.Equal(text, DataType.Parse(text).ToString());

    [Fact]
    public void Space_and_case_do_not_matter() =>
        Assert.Equal(DataType.Parse("map<string,decimal(10,2) not null>"), DataType.Parse(" MAP < String , Decimal( 10 , 2 ) NOT  NULL > "));

    [Theory]
    [InlineData("", "character 1")]
    [InlineData("int", "character 1")]
    [InlineData("int32 x", "character 7")]
    [InlineData("decimal(39,1)", "1 to 38")]
    [InlineData("decimal(5,6)", "0 to 5")]
    [InlineData("decimal(99999999999999999999,6)", "1 to 38")]
    [InlineData("fixed(0)", "1 to 65535")]
    [InlineData("fixed(65536)", "1 to 65535")]
    [InlineData("list<int32", "'>'")]
    [InlineData("list<int32 not nil>", "not null")]
    [InlineData("struct<>", "field name")]
    [InlineData("struct<a int32>", "':'")]
    [InlineData("struct<\"a:int32>", "closing")]
    public void A_wrong_type_is_refused_with_the_place_and_what_was_expected(string text, string expected)
    {
        var refusal = Assert.Throws<GridException>(() => DataType.Parse(text));
        Assert.Equal(GridErrorCode.InvalidSchema, refusal.Code);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_ends_at_the_limit()
    {
        var deepest = DataType.Int32;
        for (var i = 0; i < DataType.DepthMax; i++)
            deepest = DataType.List(deepest);
        Assert.Equal(deepest, DataType.Parse(deepest.ToString()));
        Assert.Throws<GridException>(() => DataType.Parse($"list<{deepest}>"));
        Assert.Throws<GridException>(() => DataType.Parse(string.Concat(Enumerable.Repeat("list<", 1_000_000))));
    }
}
