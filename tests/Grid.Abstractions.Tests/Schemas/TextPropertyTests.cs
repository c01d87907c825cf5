using CsCheck;
using Grid.Abstractions;
using Grid.Testing;
using Grid.Testing.Fuzzing;
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
    [Trait("Category", "Fuzz")]
    public void Mutated_types_parse_or_are_refused() => Fuzzer.Run(50_000, [GridErrorCode.InvalidSchema], (_, random) =>
    {
        var type = DataType.Parse(Mutation.Of(Generators.NextType(random, depth: 3).ToString(), random, "<>(),:\" 019xint\ud800\0not null"));
        Assert.Equal(type, DataType.Parse(type.ToString()));
    });

    [Fact]
    [Trait("Category", "Fuzz")]
    public void Mutated_values_parse_or_are_refused() => Fuzzer.Run(50_000, [GridErrorCode.InvalidArgument], (_, random) =>
    {
        var type = Generators.NextType(random, depth: 0);
        var text = Mutation.Of(ValueText.Format(type, RandomValues.Next(type, random)), random, "0123456789-+.:TZeE \u0660\u221e\ud800\0aNfI");
        var value = ValueText.Parse(type, text);
        Assert.Equal(ArrowRows.Text(value), ArrowRows.Text(ValueText.Parse(type, ValueText.Format(type, value))));
    });
}
