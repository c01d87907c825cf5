using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Rows;

namespace Grid.Abstractions.Tests.Keys;

public sealed class BucketFunctionTests
{
    // Iceberg's table spec, Appendix B, "32-bit hash requirements".
    [Theory]
    [InlineData("int32", "34", 2017239379)]
    [InlineData("int64", "34", 2017239379)]
    [InlineData("int8", "34", 2017239379)]
    [InlineData("int16", "34", 2017239379)]
    [InlineData("decimal(4,2)", "14.20", -500754589)]
    [InlineData("decimal(38,2)", "14.20", -500754589)]
    [InlineData("date", "2017-11-16", -653330422)]
    [InlineData("time", "22:31:08", -662762989)]
    [InlineData("timestamp", "2017-11-16T22:31:08", -2047944441)]
    [InlineData("timestamp", "2017-11-16T22:31:08.000001", -1207196810)]
    [InlineData("timestamptz", "2017-11-16T14:31:08-08:00", -2047944441)]
    [InlineData("string", "iceberg", 1210000089)]
    [InlineData("uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", 1488055340)]
    [InlineData("fixed(4)", "00010203", -188683207)]
    [InlineData("binary", "00010203", -188683207)]
    [InlineData("boolean", "true", 1392991556)]
    public void Values_hash_as_Iceberg_defines_it(string type, string text, int hash)
    {
        var dataType = DataType.Parse(type);
        var column = new Column("k", dataType, nullable: false);
        var value = ValueText.Parse(dataType, text);
        Assert.Equal(hash, KeyValue.Of(column, value).Hash());

        var schema = Schema(dataType);
        var function = new BucketFunction(schema, 1000);
        Assert.Equal((hash & int.MaxValue) % 1000, function.Bucket([value]));
    }

    [Fact]
    public void Negative_numbers_hash_alike_at_every_width()
    {
        var hash = KeyValue.Of(new Column("k", DataType.Int64), -3L).Hash();
        Assert.Equal(hash, KeyValue.Of(new Column("k", DataType.Int32), -3).Hash());
        Assert.Equal(hash, KeyValue.Of(new Column("k", DataType.Int8), (sbyte)-3).Hash());
    }

    [Theory]
    [InlineData(0, new byte[] { 0 })]
    [InlineData(127, new byte[] { 127 })]
    [InlineData(128, new byte[] { 0, 128 })]
    [InlineData(-1, new byte[] { 255 })]
    [InlineData(-128, new byte[] { 128 })]
    [InlineData(-129, new byte[] { 255, 127 })]
    public void Decimals_hash_their_shortest_bytes(int units, byte[] bytes) => Assert.Equal(Murmur3.Hash(bytes), BucketFunction.HashDecimal(units));

    [Fact]
    public void A_batch_goes_where_its_rows_go() => Generators.Random.Sample(random =>
    {
        var schema = Generators.NextSchema(random, columnsMax: 5, primaryKey: true, depth: 0);
        var batch = Generators.NextBatch(schema, random.Next(50), random);
        var function = new BucketFunction(schema, random.Next(1, 17));
        var buckets = new int[batch.Length];
        function.Buckets(batch, schema.BucketKey.Select(schema.IndexOf).ToArray(), buckets);
        var rows = ArrowRows.Read(schema.Columns, batch);
        for (var row = 0; row < rows.Length; row++)
            Assert.Equal(function.Bucket(rows[row].AsSpan(0, schema.BucketKey.Length)), buckets[row]);
    }, iter: 1000);

    [Fact]
    public void What_has_no_bucket_is_refused()
    {
        var schema = Schema(DataType.Int32);
        Refused(GridErrorCode.InvalidArgument, () => _ = new BucketFunction(schema, 0));
        Refused(GridErrorCode.InvalidArgument, () => _ = new BucketFunction(schema, TableOptions.BucketsMax + 1));
        Refused(GridErrorCode.InvalidArgument, () => _ = new BucketFunction(schema with { BucketKey = [] }, 4));
        Refused(GridErrorCode.InvalidKey, () => new BucketFunction(schema, 4).Bucket([1, 2]));
        Refused(GridErrorCode.InvalidKey, () => new BucketFunction(schema, 4).Bucket(["1"]));
        Refused(GridErrorCode.NullNotAllowed, () => new BucketFunction(schema, 4).Bucket([null]));
    }

    private static TableSchema Schema(DataType type) => SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "keys"),
        Columns = [new Column("k", type)],
        PrimaryKey = ["k"],
    });

    private static void Refused(GridErrorCode code, Action action) => Assert.Equal(code, Assert.Throws<GridException>(action).Code);
}
