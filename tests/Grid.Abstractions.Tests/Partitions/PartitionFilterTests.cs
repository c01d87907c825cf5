namespace Grid.Abstractions.Tests.Partitions;

public sealed class PartitionFilterTests
{
    [Theory]
    [InlineData("a = '2026-11-25'", true)]
    [InlineData("a = '2026-11-26'", false)]
    [InlineData("a != '2026-11-25'", false)]
    [InlineData("a >= '2026-11-01' and a < '2026-12-01'", true)]
    [InlineData("a between '2026-11-26' and '2026-11-30'", false)]
    [InlineData("a in ('2026-11-24', '2026-11-25')", true)]
    [InlineData("a in ('2026-11-24', '2026-11-26')", false)]
    [InlineData("a not in ('2026-11-25')", false)]
    [InlineData("other > 5", true)]
    [InlineData("a = '2026-11-25' and other > 5", true)]
    [InlineData("a = '2026-11-26' and other > 5", false)]
    [InlineData("a = '2026-11-26' or other > 5", true)]
    [InlineData("a is null", false)]
    [InlineData("a is not null", true)]
    [InlineData("b < 3", false)]
    [InlineData("b = 7 and a < '2026-12'", true)]
    public void A_partition_is_passed_over_only_where_no_row_of_it_can_match(string where, bool mayMatch)
    {
        var schema = PartitionSchemaTests.Schema(DataType.String, DataType.Int32);
        var filter = new PartitionFilter(schema, PredicateEvaluator.Parse(where, schema));
        Assert.Equal(mayMatch, filter.MayMatch(new PartitionInfo { Id = new PartitionId(1), Values = ["2026-11-25", "7"] }));
        Assert.True(new PartitionFilter(schema, null).MayMatch(new PartitionInfo { Id = new PartitionId(1), Values = ["2026-11-25", "7"] }));
    }

    [Theory]
    [InlineData("boolean", "true", "false")]
    [InlineData("int8", "-5", "5")]
    [InlineData("int16", "-500", "500")]
    [InlineData("int64", "-5000000000", "5000000000")]
    [InlineData("decimal(20,4)", "-1.5000", "1.5000")]
    [InlineData("date", "2026-11-25", "1969-01-01")]
    [InlineData("time", "13:45:00", "13:45:01")]
    [InlineData("timestamp", "2026-11-25T00:00:00", "2026-11-26T00:00:00")]
    [InlineData("timestamptz", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z")]
    [InlineData("binary", "00ff", "01")]
    [InlineData("fixed(2)", "00ff", "0100")]
    [InlineData("uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", "079c3e09-677c-4bbd-a479-3f349cb785e7")]
    public void Every_type_of_partition_column_is_compared_as_its_rows_are(string type, string value, string other)
    {
        var schema = PartitionSchemaTests.Schema(DataType.Parse(type));
        var partition = new PartitionInfo { Id = new PartitionId(1), Values = [value] };
        var column = schema.PartitionKey[0];
        Assert.True(new PartitionFilter(schema, new ComparePredicate(column, CompareOperator.Equal, value)).MayMatch(partition));
        Assert.False(new PartitionFilter(schema, new ComparePredicate(column, CompareOperator.Equal, other)).MayMatch(partition));
        Assert.False(new PartitionFilter(schema, new ComparePredicate(column, CompareOperator.NotEqual, value)).MayMatch(partition));
        Assert.True(new PartitionFilter(schema, new ComparePredicate(column, CompareOperator.NotEqual, other)).MayMatch(partition));
    }
}
