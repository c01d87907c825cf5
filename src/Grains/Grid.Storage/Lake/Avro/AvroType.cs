using System.Collections.Immutable;

namespace Grid.Storage.Lake.Avro;

/// <summary>A type of a schema with the attributes that Iceberg gives a meaning. Types are trees: a schema that refers to itself is not read.</summary>
internal sealed class AvroType
{
    public static readonly AvroType Null = new() { Kind = AvroKind.Null };

    public required AvroKind Kind { get; init; }

    /// <summary>The full name of a record, enum or fixed; else empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Bytes of a fixed.</summary>
    public int Size { get; init; }

    /// <summary>Of a record.</summary>
    public ImmutableArray<AvroField> Fields { get; init; } = [];

    /// <summary>An array's items, a map's values, a union's branches.</summary>
    public ImmutableArray<AvroType> Children { get; init; } = [];

    /// <summary>Of an enum.</summary>
    public ImmutableArray<string> Symbols { get; init; } = [];

    /// <summary><c>logicalType</c>, or null.</summary>
    public string? Logical { get; init; }

    /// <summary>Digits of a decimal.</summary>
    public int Precision { get; init; }

    /// <summary>Digits of a decimal after the point.</summary>
    public int Scale { get; init; }

    /// <summary>Iceberg's <c>adjust-to-utc</c> of a timestamp.</summary>
    public bool AdjustToUtc { get; init; }

    /// <summary>The fewest bytes of a value: a count that would need more than there are is a lie.</summary>
    public int BytesMin => _bytesMin ??= Smallest();

    private int? _bytesMin;

    /// <summary>The type but for null: the other branch of a union of two; itself where it is no such union.</summary>
    public AvroType Present =>
        Kind == AvroKind.Union && Children is [var left, var right] ? left.Kind == AvroKind.Null ? right : right.Kind == AvroKind.Null ? left : this : this;

    private int Smallest()
    {
        const int Enough = 1 << 20; // a sum of sums could grow beyond an int
        return Kind switch
        {
            AvroKind.Null => 0,
            AvroKind.Float => sizeof(float),
            AvroKind.Double => sizeof(double),
            AvroKind.Fixed => Math.Min(Size, Enough),
            AvroKind.Record => Fields.Aggregate(0, (sum, field) => Math.Min(sum + field.Type.BytesMin, Enough)),
            AvroKind.Union => 1 + Children.Min(branch => branch.BytesMin),
            _ => 1,
        };
    }
}
