using System.Data.SqlTypes;
using System.Text;
using CsCheck;
using Grid.Abstractions;
using Grid.Storage.Lake.Iceberg;
using Grid.Testing;
using Grid.Testing.Rows;

namespace Grid.Storage.Tests.Lake.Iceberg;

public sealed class SingleValueTests
{
    public static TheoryData<string, string, string> Vectors => new()
    {
        { "boolean", "true", "01" },
        { "boolean", "false", "00" },
        { "int8", "-2", "feffffff" },
        { "int16", "300", "2c010000" },
        { "int32", "34", "22000000" },
        { "int64", "34", "2200000000000000" },
        { "float32", "1", "0000803f" },
        { "float64", "1", "000000000000f03f" },
        { "date", "2017-11-16", "4e440000" },
        { "time", "22:31:08", "008307e012000000" },
        { "timestamp", "2017-11-16T22:31:08", "00c3262d215e0500" },
        { "timestamptz", "2017-11-16T14:31:08-08:00", "00c3262d215e0500" },
        { "string", "iceberg", "69636562657267" },
        { "uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", "f79c3e09677c4bbda4793f349cb785e7" },
        { "fixed(4)", "00010203", "00010203" },
        { "binary", "0001ff", "0001ff" },
        { "decimal(9,2)", "14.20", "058c" },
        { "decimal(9,2)", "0", "00" },
        { "decimal(9,2)", "1.28", "0080" },
        { "decimal(9,2)", "-1.28", "80" },
        { "decimal(38,0)", "-99999999999999999999999999999999999999", "b4c4b357a5793b85f675ddc000000001" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Values_have_these_bytes(string type, string text, string hex)
    {
        var data = DataType.Parse(type);
        var value = ValueText.Parse(data, text);
        Assert.Equal(hex, Convert.ToHexStringLower(SingleValue.Encode(data, value)));
        Assert.Equal(ValueText.Format(data, value), ValueText.Format(IcebergTypes.Stored(data), SingleValue.Decode(data, Convert.FromHexString(hex))!));
    }

    [Fact]
    public void Values_of_every_type_round_trip() =>
        Generators.Random.Sample(
            random =>
            {
                var type = Generators.NextType(random, depth: 0);
                var value = RandomValues.Next(type, random);
                var stored = IcebergTypes.Stored(type);
                Assert.Equal(ValueText.Format(type, value), ValueText.Format(stored, SingleValue.Decode(type, SingleValue.Encode(type, value))!));
            },
            iter: 2000);

    [Fact]
    public void Bounds_hold_the_value_between_them() =>
        Generators.Random.Sample(
            random =>
            {
                var type = random.Next(2) == 0 ? DataType.String : DataType.Binary;
                object value = type == DataType.String ? Text(random) : Bytes(random);
                var bytes = SingleValue.Encode(type, value);
                var (lower, upper) = (Bounds.Lower(type, bytes)!, Bounds.Upper(type, bytes));
                Assert.True(lower.AsSpan().SequenceCompareTo(bytes) <= 0);
                Assert.True(upper is null || bytes.AsSpan().SequenceCompareTo(upper) <= 0);
                Assert.True(Length(lower) <= 16 && (upper is null || Length(upper) <= 16));
                SingleValue.Decode(type, lower);
                if (upper is not null)
                    SingleValue.Decode(type, upper);

                int Length(byte[] bound) => type == DataType.Binary ? bound.Length : Encoding.UTF8.GetString(bound).EnumerateRunes().Count();
            },
            iter: 5000);

    [Fact]
    public void A_cut_upper_bound_is_raised_where_it_can_be()
    {
        Assert.Equal("aaaaaaaaaaaaaaab", Upper(new string('a', 17)));
        Assert.Equal(new string('a', 16), Upper(new string('a', 16)));
        Assert.Equal(new string('a', 14) + "b", Upper(new string('a', 15) + "\U0010ffff\U0010ffff"));
        Assert.Equal(new string('a', 15) + "\ue000", Upper(new string('a', 15) + "\ud7ff" + "b"));
        Assert.Equal(new string('a', 15) + "\U00010000", Upper(new string('a', 15) + "\uffff" + "b"));
        Assert.Null(Upper(string.Concat(Enumerable.Repeat("\U0010ffff", 17))));
        Assert.Equal("01", Convert.ToHexString(Bounds.Upper(DataType.Binary, [0, .. Enumerable.Repeat((byte)0xff, 20)])!));
        Assert.Null(Bounds.Upper(DataType.Binary, [.. Enumerable.Repeat((byte)0xff, 20)]));
        Assert.Null(Bounds.Upper(DataType.FixedBinary(65), new byte[65]));
        Assert.Equal(64, Bounds.Lower(DataType.FixedBinary(64), new byte[64])!.Length);

        static string? Upper(string text) => Bounds.Upper(DataType.String, Encoding.UTF8.GetBytes(text)) is { } bound ? Encoding.UTF8.GetString(bound) : null;
    }

    [Fact]
    public void Bounds_of_zero_hold_both_zeros_and_NaN_has_none()
    {
        foreach (var zero in new[] { 0d, -0d })
        {
            Assert.Equal("0000000000000080", Convert.ToHexString(Bounds.Lower(DataType.Float64, SingleValue.OfDouble(zero))!));
            Assert.Equal("0000000000000000", Convert.ToHexString(Bounds.Upper(DataType.Float64, SingleValue.OfDouble(zero))!));
            Assert.Equal("00000080", Convert.ToHexString(Bounds.Lower(DataType.Float32, SingleValue.OfFloat((float)zero))!));
        }

        Assert.Null(Bounds.Lower(DataType.Float64, SingleValue.OfDouble(double.NaN)));
        Assert.Null(Bounds.Upper(DataType.Float32, SingleValue.OfFloat(float.NaN)));
    }

    [Fact]
    public void Bytes_that_are_no_value_of_the_type_are_refused()
    {
        foreach (var (type, hex) in new[] { ("boolean", "0000"), ("int32", "00"), ("int64", "000000"), ("uuid", "00"), ("fixed(2)", "000000"), ("decimal(2,0)", "7fff"), ("decimal(9,2)", ""), ("string", "ff") })
            Assert.Equal(GridErrorCode.Corrupt, Assert.Throws<GridException>(() => SingleValue.Decode(DataType.Parse(type), Convert.FromHexString(hex))).Code);
        Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => SingleValue.Encode(DataType.Int32, "1")).Code);
        Assert.Equal(34L, SingleValue.Decode(DataType.Int64, [34, 0, 0, 0]));
        Assert.IsType<SqlDecimal>(SingleValue.Decode(DataType.Decimal(38, 0), [1]));
    }

    private static string Text(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => new[] { "a", "\u00e4", "\ud7ff", "\uffff", "\U0001f600", "\U0010ffff" }[random.Next(6)]));

    private static byte[] Bytes(Random random) => [.. Enumerable.Range(0, random.Next(40)).Select(_ => (byte)(random.Next(2) == 0 ? 0xff : random.Next(256)))];
}
