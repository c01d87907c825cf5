using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Scalar types by Iceberg's names for them (the spec's Appendix C).</summary>
internal static class IcebergTypes
{
    /// <summary>The type as the lake has it: Iceberg's smallest integer is of 32 bits.</summary>
    public static DataType Stored(DataType type) => type.Kind is TypeKind.Int8 or TypeKind.Int16 ? DataType.Int32 : type;

    public static string NameOf(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => "boolean",
        TypeKind.Int8 or TypeKind.Int16 or TypeKind.Int32 => "int",
        TypeKind.Int64 => "long",
        TypeKind.Float32 => "float",
        TypeKind.Float64 => "double",
        TypeKind.Decimal => string.Create(CultureInfo.InvariantCulture, $"decimal({type.Precision}, {type.Scale})"),
        TypeKind.String => "string",
        TypeKind.Binary => "binary",
        TypeKind.FixedBinary => string.Create(CultureInfo.InvariantCulture, $"fixed[{type.Length}]"),
        TypeKind.Date => "date",
        TypeKind.Time => "time",
        TypeKind.Timestamp => "timestamp",
        TypeKind.TimestampUtc => "timestamptz",
        TypeKind.Uuid => "uuid",
        _ => throw new ArgumentException($"{type} is not a scalar type.", nameof(type)),
    };

    /// <exception cref="GridException">It is not one of the names, or of a type that Grid does not have.</exception>
    public static DataType Parse(string name) => name switch
    {
        "boolean" => DataType.Boolean,
        "int" => DataType.Int32,
        "long" => DataType.Int64,
        "float" => DataType.Float32,
        "double" => DataType.Float64,
        "string" => DataType.String,
        "binary" => DataType.Binary,
        "date" => DataType.Date,
        "time" => DataType.Time,
        "timestamp" => DataType.Timestamp,
        "timestamptz" => DataType.TimestampUtc,
        "uuid" => DataType.Uuid,
        _ => Parameterized(name) ?? throw LakeErrors.Unsupported($"the type '{(name.Length <= 50 ? name : name[..50])}'"),
    };

    private static DataType? Parameterized(string name)
    {
        if (Numbers(name, "decimal", '(', ')') is [var precision, var scale] && precision is >= 1 and <= DataType.DecimalPrecisionMax && scale <= precision)
            return DataType.Decimal(precision, scale);
        return Numbers(name, "fixed", '[', ']') is [var length] && length is >= 1 and <= DataType.FixedLengthMax ? DataType.FixedBinary(length) : null;
    }

    /// <summary>The numbers between the brackets behind the word, white space around them or not; null where it is not like this.</summary>
    private static int[]? Numbers(string text, string word, char open, char close)
    {
        if (!text.StartsWith(word, StringComparison.Ordinal) || text.Length > 50)
            return null;
        var rest = text.AsSpan(word.Length).Trim();
        if (rest.Length < 2 || rest[0] != open || rest[^1] != close)
            return null;
        var parts = rest[1..^1].ToString().Split(',', StringSplitOptions.TrimEntries);
        var numbers = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
                return null;
        return numbers;
    }
}
