using System.Buffers;
using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Fuzzing;
using Grid.Testing.Rows;

namespace Grid.Abstractions.Tests.Keys;

public sealed class KeyEncoderTests
{
    private static readonly Gen<(TableSchema Schema, Random Random)> Keys =
        Generators.Random.Select(random => (Generators.NextSchema(random, columnsMax: 5, primaryKey: true, depth: 0), random));

    [Theory]
    [InlineData("boolean", "true", "01")]
    [InlineData("int8", "-1", "7f")]
    [InlineData("int16", "1", "8001")]
    [InlineData("int32", "-2147483648", "00000000")]
    [InlineData("int64", "0", "8000000000000000")]
    [InlineData("decimal(10,2)", "1.00", "80000000000000000000000000000064")]
    [InlineData("string", "ab", "61620001")]
    [InlineData("string", "", "0001")]
    [InlineData("string", "a\0b", "6100ff620001")]
    [InlineData("binary", "0000", "00ff00ff0001")]
    [InlineData("fixed(2)", "00ff", "00ff")]
    [InlineData("date", "1970-01-02", "80000001")]
    [InlineData("time", "00:00:00.000001", "8000000000000001")]
    [InlineData("timestamptz", "1969-12-31T23:59:59.999999Z", "7fffffffffffffff")]
    [InlineData("uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", "f79c3e09677c4bbda4793f349cb785e7")]
    public void A_value_has_these_bytes(string type, string text, string hex)
    {
        var dataType = DataType.Parse(type);
        var encoder = Encoder(dataType);
        var value = ValueText.Parse(dataType, text);
        var key = Encode(encoder, value);
        Assert.Equal(hex, Convert.ToHexStringLower(key));
        Assert.Equal(text, ValueText.Format(dataType, Assert.Single(encoder.Decode(key))));
    }

    [Fact]
    public void Byte_order_is_value_order() => Keys.Sample(made =>
    {
        var (schema, random) = made;
        var encoder = new KeyEncoder(schema, schema.PrimaryKey);
        for (var i = 0; i < 30; i++)
        {
            var (left, right) = (KeyOf(schema, random), KeyOf(schema, random));
            if (random.Next(2) == 0)
                left.AsSpan(0, random.Next(left.Length + 1)).CopyTo(right); // meet on a common prefix
            var expected = left.Zip(right, CompareValues).FirstOrDefault(order => order != 0);
            Assert.Equal(Math.Sign(expected), Math.Sign(Encode(encoder, left).AsSpan().SequenceCompareTo(Encode(encoder, right))));
        }
    }, iter: 1000);

    [Fact]
    public void Decoding_gives_the_values_back() => Keys.Sample(made =>
    {
        var encoder = new KeyEncoder(made.Schema, made.Schema.PrimaryKey);
        var key = KeyOf(made.Schema, made.Random);
        Assert.Equal(ArrowRows.Text(key), ArrowRows.Text(encoder.Decode(Encode(encoder, key))));
    }, iter: 3000);

    [Fact]
    public void A_prefix_of_the_columns_is_a_prefix_of_the_bytes_and_of_no_other_key() => Keys.Sample(made =>
    {
        var (schema, random) = made;
        var encoder = new KeyEncoder(schema, schema.PrimaryKey);
        var key = KeyOf(schema, random);
        var prefix = Encode(encoder, key[..random.Next(1, key.Length + 1)]);
        Assert.True(Encode(encoder, key).AsSpan().StartsWith(prefix));

        var other = KeyOf(schema, random);
        var count = random.Next(1, key.Length + 1);
        var same = key.Take(count).Zip(other, CompareValues).All(order => order == 0);
        var (lower, upper) = (Encode(encoder, key[..count]), KeyEncoder.Successor(Encode(encoder, key[..count])));
        var bytes = Encode(encoder, other).AsSpan();
        Assert.Equal(same, bytes.SequenceCompareTo(lower) >= 0 && (upper.Length == 0 || bytes.SequenceCompareTo(upper) < 0));
    }, iter: 3000);

    [Fact]
    public void A_batch_encodes_as_its_rows_do() => Keys.Sample(made =>
    {
        var (schema, random) = made;
        var batch = Generators.NextBatch(schema, random.Next(50), random);
        var encoder = new KeyEncoder(schema, schema.PrimaryKey);
        var indexes = schema.PrimaryKey.Select(schema.IndexOf).ToArray().AsSpan(0, random.Next(1, schema.PrimaryKey.Length + 1));
        using var keys = encoder.Encode(batch, indexes);
        Assert.Equal(batch.Length, keys.Count);
        var rows = ArrowRows.Read(schema.Columns, batch);
        for (var row = 0; row < rows.Length; row++)
            Assert.Equal(Encode(encoder, rows[row][..indexes.Length]), keys[row]);
    }, iter: 1000);

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Damaged_keys_are_refused_and_nothing_else_happens()
    {
        const int keysPerSchema = 50;
        TableSchema schema = null!;
        KeyEncoder encoder = null!;
        Fuzzer.Run(50_000, [GridErrorCode.Corrupt], (input, random) =>
        {
            if (input % keysPerSchema == 0)
            {
                schema = Generators.NextSchema(random, columnsMax: 5, primaryKey: true, depth: 0);
                encoder = new KeyEncoder(schema, schema.PrimaryKey);
            }

            var key = Mutation.Of(Encode(encoder, KeyOf(schema, random)), random);
            Assert.Equal(schema.PrimaryKey.Length, encoder.Decode(key).Length);
        });
    }

    [Fact]
    public void Values_that_are_no_key_are_refused()
    {
        var encoder = Encoder(DataType.Int32, DataType.String);
        Refused(GridErrorCode.NullNotAllowed, () => Encode(encoder, 1, null));
        Refused(GridErrorCode.InvalidKey, () => Encode(encoder, 1L, "a"));
        Refused(GridErrorCode.InvalidKey, () => Encode(encoder, 1, "\ud800"));
        Refused(GridErrorCode.InvalidKey, () => Encode(encoder, 1, "a", 2));
        Refused(GridErrorCode.TooLarge, () => Encode(encoder, 1, new string('x', GridLimits.KeyBytesMax)));
        Assert.Equal(GridLimits.KeyBytesMax, Encode(encoder, 1, new string('x', GridLimits.KeyBytesMax - 6)).Length);
        var schema = Schema(DataType.Float64);
        Refused(GridErrorCode.InvalidKey, () => _ = new KeyEncoder(schema, [schema.Columns[0].Id]));
        Refused(GridErrorCode.InvalidKey, () => _ = new KeyEncoder(schema, []));
        Refused(GridErrorCode.UnknownColumn, () => _ = new KeyEncoder(schema, [new ColumnId(9)]));
    }

    [Fact]
    public void Batches_that_do_not_fit_are_refused()
    {
        var schema = Schema(DataType.Int32, DataType.String);
        var encoder = new KeyEncoder(schema, [schema.Columns[0].Id, schema.Columns[1].Id]);
        Refused(GridErrorCode.NullNotAllowed, () => encoder.Encode(ArrowRows.Build(schema, [[1, "a"], [2, null]]), [0, 1]));
        Refused(GridErrorCode.SchemaMismatch, () => encoder.Encode(ArrowRows.Build(schema, [[1, "a"]]), [1, 0]));
        Refused(GridErrorCode.SchemaMismatch, () => encoder.Encode(ArrowRows.Build(schema, [[1, "a"]]), [0, 7]));
        Refused(GridErrorCode.TooLarge, () => encoder.Encode(ArrowRows.Build(schema, [[1, "a"], [1, new string('\0', GridLimits.KeyBytesMax / 2)]]), [0, 1]));
    }

    [Fact]
    public void The_successor_is_the_first_string_behind_a_prefix()
    {
        Assert.Equal([1, 3], KeyEncoder.Successor([1, 2]));
        Assert.Equal([2], KeyEncoder.Successor([1, 0xff, 0xff]));
        Assert.Empty(KeyEncoder.Successor([0xff, 0xff]));
        Assert.Empty(KeyEncoder.Successor([]));
    }

    private static int CompareValues(object? left, object? right) => (left, right) switch
    {
        (string l, string r) => ScalarOrder(l, r),
        (byte[] l, byte[] r) => l.AsSpan().SequenceCompareTo(r),
        (Guid l, Guid r) => l.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(r.ToByteArray(bigEndian: true)),
        _ => System.Collections.Comparer.Default.Compare(left, right),
    };

    // By code points, which is the order of UTF-8 but not that of UTF-16.
    private static int ScalarOrder(string left, string right)
    {
        var order = left.EnumerateRunes().Zip(right.EnumerateRunes(), (l, r) => l.CompareTo(r)).FirstOrDefault(o => o != 0);
        return order != 0 ? order : left.EnumerateRunes().Count().CompareTo(right.EnumerateRunes().Count());
    }

    private static object?[] KeyOf(TableSchema schema, Random random) =>
        [.. schema.PrimaryKey.Select(id => RandomValues.Next(schema.GetColumn(id).Type, random))];

    private static byte[] Encode(KeyEncoder encoder, params object?[] values)
    {
        var writer = new ArrayBufferWriter<byte>();
        encoder.Encode(values, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static KeyEncoder Encoder(params DataType[] types)
    {
        var schema = Schema(types);
        return new KeyEncoder(schema, [.. schema.Columns.Select(c => c.Id)]);
    }

    private static TableSchema Schema(params DataType[] types) => SchemaEvolution.Create(new CreateTable
    {
        Path = new TablePath("test", "keys"),
        Columns = [.. types.Select((type, i) => new Column($"k{i}", type))],
    });

    private static void Refused(GridErrorCode code, Action action) => Assert.Equal(code, Assert.Throws<GridException>(action).Code);
}
