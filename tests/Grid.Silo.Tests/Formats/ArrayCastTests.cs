using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;
using Grid.Silo.Formats;
using Column = Grid.Abstractions.Column;

namespace Grid.Silo.Tests.Formats;

public sealed class ArrayCastTests
{
    [Fact]
    public void Integers_widen_and_narrow_where_they_fit()
    {
        var numbers = new UInt32Array.Builder().Append(0).Append(200).AppendNull().Build();
        Assert.Equal(["0", "200", null], Texts(Cast(numbers, DataType.Int64), DataType.Int64));
        Assert.Equal(["0", "200", null], Texts(Cast(numbers, DataType.Int16), DataType.Int16));
        var refusal = Assert.Throws<GridException>(() => Cast(numbers, DataType.Int8));
        Assert.Contains("row 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Timestamps_come_to_microseconds()
    {
        var millis = new TimestampArray.Builder(new TimestampType(TimeUnit.Millisecond, (string?)null)).Append(DateTimeOffset.UnixEpoch.AddMilliseconds(1500)).AppendNull().Build();
        Assert.Equal(["1970-01-01T00:00:01.5", null], Texts(Cast(millis, DataType.Timestamp), DataType.Timestamp));
        var nanos = new TimestampArray.Builder(new TimestampType(TimeUnit.Nanosecond, "UTC")).Append(DateTimeOffset.UnixEpoch.AddTicks(1)).Build();
        Assert.Contains("whole microseconds", Assert.Throws<GridException>(() => Cast(nanos, DataType.TimestampUtc)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Large_text_becomes_small_text_also_in_a_slice()
    {
        var text = new LargeStringArray.Builder().Append("one").AppendNull().Append("").Append("four").Build();
        Assert.Equal(["one", null, "", "four"], Texts(Cast(text, DataType.String), DataType.String));
        Assert.Equal([null, "", "four"], Texts(Cast(ArrowArrayFactory.Slice(text, 1, 3), DataType.String), DataType.String));
    }

    [Fact]
    public void Dictionaries_become_their_values()
    {
        var values = new StringArray.Builder().Append("a").Append("b").Build();
        var indices = new Int8Array.Builder().Append(1).AppendNull().Append(0).Build();
        var dictionary = new DictionaryArray(new DictionaryType(Int8Type.Default, StringType.Default, false), indices, values);
        Assert.Equal(["b", null, "a"], Texts(Cast(dictionary, DataType.String), DataType.String));
    }

    [Fact]
    public void Text_becomes_whatever_it_says()
    {
        var text = new StringArray.Builder().Append("2001-01-31").AppendNull().Build();
        Assert.Equal(["2001-01-31", null], Texts(Cast(text, DataType.Date), DataType.Date));
        Assert.Throws<GridException>(() => Cast(text, DataType.Int32));
    }

    [Fact]
    public void Children_of_nested_types_are_cast()
    {
        var list = new ListArray.Builder(Int32Type.Default);
        list.Append();
        ((Int32Array.Builder)list.ValueBuilder).Append(1).Append(2);
        list.AppendNull();
        var type = DataType.List(DataType.Int64);
        Assert.Equal(["[1,2]", null], Texts(Cast(list.Build(), type), type));
    }

    private static IArrowArray Cast(IArrowArray array, DataType type)
    {
        var schema = RowFormat.ArrowSchema([new Column("value", type)]);
        return ArrayCast.To(array, type, schema.FieldsList[0].DataType);
    }

    private static List<string?> Texts(IArrowArray array, DataType type) => [.. Enumerable.Range(0, array.Length).Select(row => CellText.Of(type, array, row))];
}
