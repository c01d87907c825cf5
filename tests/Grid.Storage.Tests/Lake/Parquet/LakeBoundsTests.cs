using System.Text;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Tests.Lake.Parquet;

public sealed class LakeBoundsTests
{
    [Theory]
    [InlineData("boolean", 0, "01", "01")]
    [InlineData("int32", 1, "ffffffff", "ffffffff")]
    [InlineData("int64", 2, "0500000000000000", "0500000000000000")]
    [InlineData("date", 1, "01000000", "01000000")]
    [InlineData("decimal(9,2)", 1, "8c050000", "058c")] // 14.20 is 1420 units
    [InlineData("decimal(9,2)", 1, "00000000", "00")]
    [InlineData("decimal(9,2)", 1, "80000000", "0080")] // 128 needs a byte for its sign
    [InlineData("decimal(9,2)", 1, "80ffffff", "80")] // -128 does not
    [InlineData("decimal(18,2)", 2, "7fffffffffffffff", "ff7f")] // -129
    [InlineData("decimal(20,2)", 7, "fffffffffffffffffe", "fe")]
    [InlineData("decimal(20,2)", 7, "0000000000000001ff", "01ff")]
    [InlineData("uuid", 7, "f79c3e09677c4bbda4793f349cb785e7", "f79c3e09677c4bbda4793f349cb785e7")]
    public void A_statistic_becomes_the_single_value_form(string type, int physicalType, string statistic, string bound)
    {
        var value = LakeBounds.Of(DataType.Parse(type), physicalType, Convert.FromHexString(statistic));

        Assert.Equal(bound, Convert.ToHexStringLower(value!));
    }

    [Theory]
    [InlineData("int32", 1, "ff")]
    [InlineData("float32", 4, "0000c07f")]
    [InlineData("float64", 5, "000000000000f8ff")]
    [InlineData("string", 6, "ff")]
    [InlineData("decimal(9,2)", 1, "00")]
    [InlineData("decimal(38,2)", 7, "")]
    public void What_is_no_value_is_no_bound(string type, int physicalType, string statistic) =>
        Assert.Null(LakeBounds.Of(DataType.Parse(type), physicalType, Convert.FromHexString(statistic)));

    [Fact]
    public void A_zero_is_negative_below_and_positive_above()
    {
        foreach (var zero in new[] { 0.0f, -0.0f })
        {
            Assert.Equal("00000080", Convert.ToHexStringLower(LakeBounds.Lower(DataType.Float32, BitConverter.GetBytes(zero))));
            Assert.Equal("00000000", Convert.ToHexStringLower(LakeBounds.Upper(DataType.Float32, BitConverter.GetBytes(zero))!));
            Assert.Equal("0000000000000080", Convert.ToHexStringLower(LakeBounds.Lower(DataType.Float64, BitConverter.GetBytes((double)zero))));
            Assert.Equal("0000000000000000", Convert.ToHexStringLower(LakeBounds.Upper(DataType.Float64, BitConverter.GetBytes((double)zero))!));
        }
    }

    [Theory]
    [InlineData("sixteen letters.", "sixteen letters.", "sixteen letters.")]
    [InlineData("seventeen letters", "seventeen letter", "seventeen lettes")]
    [InlineData("aaaaaaaaaaaaaaa\ud7ffz", "aaaaaaaaaaaaaaa\ud7ff", "aaaaaaaaaaaaaaa\ue000")]
    [InlineData("aaaaaaaaaaaaaaa\u007fz", "aaaaaaaaaaaaaaa\u007f", "aaaaaaaaaaaaaaa\u0080")]
    [InlineData("aaaaaaaaaaaaaa\U0010ffff\U0010ffffz", "aaaaaaaaaaaaaa\U0010ffff\U0010ffff", "aaaaaaaaaaaaab")]
    [InlineData("\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00z",
        "\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00",
        "\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude00\ud83d\ude01")]
    public void Long_text_is_cut_by_code_points_and_raised_above(string text, string lower, string upper)
    {
        var value = Encoding.UTF8.GetBytes(text);

        Assert.Equal(lower, Encoding.UTF8.GetString(LakeBounds.Lower(DataType.String, value)));
        Assert.Equal(upper, Encoding.UTF8.GetString(LakeBounds.Upper(DataType.String, value)!));
    }

    [Theory]
    [InlineData("00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff")]
    [InlineData("00112233445566778899aabbccddee0001", "00112233445566778899aabbccddee00", "00112233445566778899aabbccddee01")]
    [InlineData("00112233445566778899aabbccddffff01", "00112233445566778899aabbccddffff", "00112233445566778899aabbccde")]
    public void Long_bytes_are_cut_and_raised_above(string hex, string lower, string upper)
    {
        var value = Convert.FromHexString(hex);

        Assert.Equal(lower, Convert.ToHexStringLower(LakeBounds.Lower(DataType.Binary, value)));
        Assert.Equal(upper, Convert.ToHexStringLower(LakeBounds.Upper(DataType.Binary, value)!));
    }

    [Fact]
    public void What_cannot_be_raised_has_no_upper_bound()
    {
        var bytes = Enumerable.Repeat((byte)0xff, 17).ToArray();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("\U0010ffff", 17)));

        Assert.Null(LakeBounds.Upper(DataType.Binary, bytes));
        Assert.Null(LakeBounds.Upper(DataType.FixedBinary(17), bytes));
        Assert.Null(LakeBounds.Upper(DataType.String, text));
    }
}
