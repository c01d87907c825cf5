using System.Collections.Immutable;
using System.Globalization;

namespace Grid.Abstractions;

/// <summary>
/// A column's data type. Written as text: <c>boolean int8 int16 int32 int64 float32 float64 decimal(10,2) string binary fixed(16) date time
/// timestamp timestamptz uuid list&lt;int32&gt; struct&lt;a:int32,b:string not null&gt; map&lt;string,int64&gt;</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("grid.DataType")]
public sealed record DataType
{
    /// <summary>Most digits of a decimal.</summary>
    public const int DecimalPrecisionMax = 38;

    /// <summary>Deepest nesting of lists, structs and maps.</summary>
    public const int DepthMax = 16;

    /// <summary>Longest fixed binary, in bytes.</summary>
    public const int FixedLengthMax = 65_535;

    /// <summary>The name of a list's only child.</summary>
    public const string ElementName = "element";

    /// <summary>The name of a map's first child.</summary>
    public const string KeyName = "key";

    /// <summary>The name of a map's second child.</summary>
    public const string ValueName = "value";

    /// <summary>The kind.</summary>
    [Id(0)]
    public required TypeKind Kind { get; init; }

    /// <summary>Digits of a decimal, 1 to 38; else 0.</summary>
    [Id(1)]
    public int Precision { get; init; }

    /// <summary>Digits of a decimal after the point, 0 to its precision; else 0.</summary>
    [Id(2)]
    public int Scale { get; init; }

    /// <summary>Bytes of a fixed binary, 1 to 65,535; else 0.</summary>
    [Id(3)]
    public int Length { get; init; }

    /// <summary>A list's element; a struct's fields; a map's key and value; else empty.</summary>
    [Id(4)]
    public ImmutableArray<Column> Children { get; init; } = [];

    /// <summary>Whether it has children.</summary>
    public bool IsNested => Kind is TypeKind.List or TypeKind.Struct or TypeKind.Map;

    /// <summary>Whether it can be part of a primary key or bucket key: every scalar but the floats.</summary>
    public bool CanBeKey => !IsNested && Kind is not (TypeKind.Float32 or TypeKind.Float64);

    /// <summary>True or false.</summary>
    public static DataType Boolean { get; } = new() { Kind = TypeKind.Boolean };

    /// <summary>Signed integer of 8 bits.</summary>
    public static DataType Int8 { get; } = new() { Kind = TypeKind.Int8 };

    /// <summary>Signed integer of 16 bits.</summary>
    public static DataType Int16 { get; } = new() { Kind = TypeKind.Int16 };

    /// <summary>Signed integer of 32 bits.</summary>
    public static DataType Int32 { get; } = new() { Kind = TypeKind.Int32 };

    /// <summary>Signed integer of 64 bits.</summary>
    public static DataType Int64 { get; } = new() { Kind = TypeKind.Int64 };

    /// <summary>IEEE 754 binary32.</summary>
    public static DataType Float32 { get; } = new() { Kind = TypeKind.Float32 };

    /// <summary>IEEE 754 binary64.</summary>
    public static DataType Float64 { get; } = new() { Kind = TypeKind.Float64 };

    /// <summary>Text, UTF-8.</summary>
    public static DataType String { get; } = new() { Kind = TypeKind.String };

    /// <summary>Bytes.</summary>
    public static DataType Binary { get; } = new() { Kind = TypeKind.Binary };

    /// <summary>A day.</summary>
    public static DataType Date { get; } = new() { Kind = TypeKind.Date };

    /// <summary>A time of day, microseconds.</summary>
    public static DataType Time { get; } = new() { Kind = TypeKind.Time };

    /// <summary>A timestamp without time zone, microseconds.</summary>
    public static DataType Timestamp { get; } = new() { Kind = TypeKind.Timestamp };

    /// <summary>A timestamp in UTC, microseconds.</summary>
    public static DataType TimestampUtc { get; } = new() { Kind = TypeKind.TimestampUtc };

    /// <summary>A UUID.</summary>
    public static DataType Uuid { get; } = new() { Kind = TypeKind.Uuid };

    /// <summary>A decimal of <paramref name="precision"/> digits, <paramref name="scale"/> of them after the point.</summary>
    public static DataType Decimal(int precision, int scale) => new() { Kind = TypeKind.Decimal, Precision = precision, Scale = scale };

    /// <summary>Exactly <paramref name="length"/> bytes.</summary>
    public static DataType FixedBinary(int length) => new() { Kind = TypeKind.FixedBinary, Length = length };

    /// <summary>A list.</summary>
    public static DataType List(DataType element, bool elementNullable = true) =>
        new() { Kind = TypeKind.List, Children = [new Column(ElementName, element, elementNullable)] };

    /// <summary>A struct.</summary>
    public static DataType Struct(params ReadOnlySpan<Column> fields) => new() { Kind = TypeKind.Struct, Children = [.. fields] };

    /// <summary>A map; keys are never null.</summary>
    public static DataType Map(DataType key, DataType value, bool valueNullable = true) =>
        new() { Kind = TypeKind.Map, Children = [new Column(KeyName, key, nullable: false), new Column(ValueName, value, valueNullable)] };

    /// <summary>Reads a type's text form.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>: with the place and what was expected.</exception>
    public static DataType Parse(string text) => DataTypeParser.Parse(text);

    /// <inheritdoc/>
    public bool Equals(DataType? other) =>
        other is not null && Kind == other.Kind && Precision == other.Precision && Scale == other.Scale && Length == other.Length
        && Children.AsSpan().SequenceEqual(other.Children.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Precision, Scale, Length, Children.Length);

    /// <summary>The text form that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Kind switch
    {
        TypeKind.Decimal => string.Create(CultureInfo.InvariantCulture, $"decimal({Precision},{Scale})"),
        TypeKind.FixedBinary => string.Create(CultureInfo.InvariantCulture, $"fixed({Length})"),
        TypeKind.TimestampUtc => "timestamptz",
        TypeKind.List => $"list<{ChildText(0)}>",
        TypeKind.Map => $"map<{Children[0].Type},{ChildText(1)}>",
        TypeKind.Struct => $"struct<{string.Join(',', Children)}>",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    private string ChildText(int index) => Children[index].Nullable ? Children[index].Type.ToString() : $"{Children[index].Type} not null";
}
