using Apache.Arrow;
using Apache.Arrow.Types;
using CsCheck;
using Grid.Abstractions;
using Grid.Testing;

namespace Grid.Abstractions.Tests.Schemas;

public sealed class ArrowImportTests
{
    public static TheoryData<IArrowType, string> Types => new()
    {
        { UInt8Type.Default, "int16" },
        { UInt16Type.Default, "int32" },
        { UInt32Type.Default, "int64" },
        { UInt64Type.Default, "decimal(20,0)" },
        { HalfFloatType.Default, "float32" },
        { LargeStringType.Default, "string" },
        { StringViewType.Default, "string" },
        { LargeBinaryType.Default, "binary" },
        { Date64Type.Default, "date" },
        { new Time32Type(TimeUnit.Second), "time" },
        { new Time64Type(TimeUnit.Nanosecond), "time" },
        { new TimestampType(TimeUnit.Nanosecond, (string?)null), "timestamp" },
        { new TimestampType(TimeUnit.Second, "Europe/Berlin"), "timestamptz" },
        { new DictionaryType(Int32Type.Default, StringType.Default, false), "string" },
        { new Decimal128Type(10, 2), "decimal(10,2)" },
        { new Decimal256Type(38, 38), "decimal(38,38)" },
        { new FixedSizeBinaryType(16), "fixed(16)" },
        { GuidType.Default, "uuid" },
        { new ListType(new Field("item", Int32Type.Default, false)), "list<int32 not null>" },
        { new FixedSizeListType(FloatType.Default, 3), "list<float32>" },
        { new MapType(StringType.Default, UInt8Type.Default), "map<string,int16>" },
        { new StructType([new Field("a", Int32Type.Default, true), new Field("b c", StringType.Default, false)]), "struct<a:int32,\"b c\":string not null>" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Foreign_types_become_the_nearest_of_ours(IArrowType arrow, string type)
    {
        var column = Assert.Single(ArrowSchemas.FromArrow(new Apache.Arrow.Schema([new Field("x", arrow, nullable: false)], null)));
        Assert.Equal($"x:{type} not null", column.ToString());
    }

    [Fact]
    public void Types_without_a_counterpart_are_refused_by_the_fields_path()
    {
        IArrowType[] types = [NullType.Default, DurationType.Microsecond, new Decimal256Type(39, 0), new Decimal128Type(5, -1), new FixedSizeBinaryType(70_000)];
        foreach (var type in types)
        {
            var field = new Field("s", new StructType([new Field("inner", type, true)]), true);
            var refusal = Assert.Throws<GridException>(() => ArrowSchemas.FromArrow(new Apache.Arrow.Schema([field], null)));
            Assert.Equal(GridErrorCode.InvalidSchema, refusal.Code);
            Assert.Contains("'s.inner'", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Our_own_schemas_come_back() => Generators.Schema().Sample(schema =>
        Assert.Equal(
            schema.Columns.Select(c => c.ToString()),
            ArrowSchemas.FromArrow(ArrowSchemas.ToArrow(schema)).Select(c => c.ToString())), iter: 1000);
}
