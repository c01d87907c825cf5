using Grid.Abstractions;

namespace Grid.Testing.Rows;

/// <summary>
/// Random values of every type, as <see cref="ArrowRows"/> describes them. Small ones often, so that equal values and matches happen; the ends of
/// each range, special floats, empty and odd text now and then.
/// </summary>
public static class RandomValues
{
    private static readonly string[] Words = ["", "a", "b", "ab", "a\0", "a\0b", "\u00e4", "\u20ac", "\ud83d\ude00", "z", "SFO", "LAX", "it's", "\"", "%"];
    private static readonly long DateMax = DateOnly.MaxValue.DayNumber - new DateOnly(1970, 1, 1).DayNumber;
    private static readonly long DateMin = -new DateOnly(1970, 1, 1).DayNumber;
    private static readonly long TimestampMin = -DateTime.UnixEpoch.Ticks / 10;
    private static readonly long TimestampMax = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / 10;

    /// <summary>A value that is not null; nested ones may have null inside where their type allows it.</summary>
    public static object Next(DataType type, Random random) => type.Kind switch
    {
        TypeKind.Boolean => random.Next(2) == 0,
        TypeKind.Int8 => (sbyte)Number(random, sbyte.MinValue, sbyte.MaxValue),
        TypeKind.Int16 => (short)Number(random, short.MinValue, short.MaxValue),
        TypeKind.Int32 => (int)Number(random, int.MinValue, int.MaxValue),
        TypeKind.Int64 => Number(random, long.MinValue, long.MaxValue),
        TypeKind.Float32 => (float)Float(random, float.MaxValue, float.Epsilon),
        TypeKind.Float64 => Float(random, double.MaxValue, double.Epsilon),
        TypeKind.Decimal => Decimal(type, random),
        TypeKind.String => Text(random),
        TypeKind.Binary => Bytes(random, random.Next(4) == 0 ? random.Next(40) : random.Next(3)),
        TypeKind.FixedBinary => Bytes(random, type.Length),
        TypeKind.Date => new DateOnly(1970, 1, 1).AddDays((int)Number(random, DateMin, DateMax)),
        TypeKind.Time => new TimeOnly(Number(random, 0, 86_399_999_999) * 10),
        TypeKind.Timestamp => DateTime.SpecifyKind(DateTime.UnixEpoch.AddTicks(Number(random, TimestampMin, TimestampMax) * 10), DateTimeKind.Unspecified),
        TypeKind.TimestampUtc => DateTimeOffset.UnixEpoch.AddTicks(Number(random, TimestampMin, TimestampMax) * 10),
        TypeKind.Uuid => new Guid(Bytes(random, 16), bigEndian: true),
        TypeKind.List => Items(random, () => NextOrNull(type.Children[0], random)),
        TypeKind.Struct => type.Children.Select(child => NextOrNull(child, random)).ToArray(),
        TypeKind.Map => Items(random, () => new[] { Next(type.Children[0].Type, random), NextOrNull(type.Children[1], random) }),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such kind"),
    };

    /// <summary>A value of the column, null in one of five where it is nullable.</summary>
    public static object? NextOrNull(Column column, Random random) => column.Nullable && random.Next(5) == 0 ? null : Next(column.Type, random);

    private static object?[] Items(Random random, Func<object?> next)
    {
        var items = new object?[random.Next(4)];
        for (var i = 0; i < items.Length; i++)
            items[i] = next();
        return items;
    }

    private static long Number(Random random, long min, long max) => random.Next(8) switch
    {
        0 => min,
        1 => max,
        2 => random.NextInt64(min, max),
        3 => Math.Clamp(random.NextInt64(-70_000, 70_000), min, max),
        _ => Math.Clamp(random.Next(-3, 6), min, max),
    };

    private static double Float(Random random, double max, double epsilon) => random.Next(12) switch
    {
        0 => double.NaN,
        1 => random.Next(2) == 0 ? double.PositiveInfinity : double.NegativeInfinity,
        2 => -0.0,
        3 => random.Next(2) == 0 ? max : -max,
        4 => random.Next(2) == 0 ? epsilon : -epsilon,
        5 => (random.NextDouble() - 0.5) * 1e10,
        _ => random.Next(-6, 12) * 0.5,
    };

    private static object Decimal(DataType type, Random random)
    {
        var digits = random.Next(3) == 0 ? type.Precision : Math.Min(type.Precision, 1 + random.Next(3));
        var text = string.Concat(Enumerable.Range(0, digits).Select(_ => (char)('0' + random.Next(10)))).PadLeft(type.Scale + 1, '0');
        var sign = random.Next(2) == 0 ? "-" : "";
        return ValueText.Parse(type, $"{sign}{text[..^type.Scale]}.{text[^type.Scale..]}");
    }

    private static string Text(Random random) =>
        random.Next(6) == 0 ? string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Words[random.Next(Words.Length)])) : Words[random.Next(Words.Length)];

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = random.Next(3) switch { 0 => 0, 1 => 255, _ => (byte)random.Next(256) };
        return bytes;
    }
}
