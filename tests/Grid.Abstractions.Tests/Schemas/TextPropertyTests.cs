using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Rows;

namespace Grid.Abstractions.Tests.Schemas;

/// <summary>Properties of the text forms of types and values, and what damaged texts do.</summary>
public sealed class TextPropertyTests
{
    [Fact]
    public void Any_type_reads_back_as_it_was_written() => Generators.Type(depth: 4).Sample(type => Assert.Equal(type, DataType.Parse(type.ToString())), iter: 5000);

    [Fact]
    public void Any_value_reads_back_as_it_was_written() => Generators.Random.Sample(random =>
    {
        var type = Generators.NextType(random, depth: 0);
        var value = RandomValues.Next(type, random);
        var read = ValueText.Parse(type, ValueText.Format(type, value));
        Assert.IsType(value.GetType(), read);
        if (value is double number)
            Assert.Equal(BitConverter.DoubleToInt64Bits(number), BitConverter.DoubleToInt64Bits((double)read)); // -0 stays -0
        else
            Assert.Equal(ArrowRows.Text(value), ArrowRows.Text(read));
    }, iter: 10_000);

    [Fact]
    public void Mutated_types_parse_or_are_refused()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 50_000; i++)
        {
            var text = Mutation.Of(Generators.NextType(random, depth: 3).ToString(), random, "<>(),:\" 019xint\ud800\0not null");
            try
            {
                var type = DataType.Parse(text);
                Assert.Equal(type, DataType.Parse(type.ToString()));
            }
            catch (GridException refusal)
            {
                Assert.Equal(GridErrorCode.InvalidSchema, refusal.Code);
            }
        }
    }

    [Fact]
    public void Mutated_values_parse_or_are_refused()
    {
        var random = new Random(20261122);
        for (var i = 0; i < 50_000; i++)
        {
            var type = Generators.NextType(random, depth: 0);
            var text = Mutation.Of(ValueText.Format(type, RandomValues.Next(type, random)), random, "0123456789-+.:TZeE \u0660\u221e\ud800\0aNfI");
            try
            {
                var value = ValueText.Parse(type, text);
                Assert.Equal(ArrowRows.Text(value), ArrowRows.Text(ValueText.Parse(type, ValueText.Format(type, value))));
            }
            catch (GridException refusal)
            {
                Assert.Equal(GridErrorCode.InvalidArgument, refusal.Code);
            }
        }
    }
}
