using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Parquet's statistics as Iceberg's bounds: the single-value serialization of the spec's Appendix D, its order, and the shortening of long values.
/// Numbers are little endian in both; only decimals differ (Iceberg: the shortest two's complement, big endian).
/// </summary>
internal static class LakeBounds
{
    /// <summary>Code points kept of text, bytes kept of binary: what Iceberg's own writers keep.</summary>
    public const int LengthMax = 16;

    /// <summary>A statistic's value as a bound; null where it is none: not of the type's width, not a number, not UTF-8.</summary>
    /// <param name="type">The column's type as stored.</param>
    /// <param name="physicalType">Parquet's type, see <see cref="ParquetLeaf"/>.</param>
    /// <param name="value">The value, PLAIN-encoded without a length.</param>
    public static byte[]? Of(DataType type, int physicalType, ReadOnlySpan<byte> value) => type.Kind switch
    {
        TypeKind.Boolean when value.Length == 1 => [value[0]],
        TypeKind.Int32 or TypeKind.Date when value.Length == sizeof(int) => value.ToArray(),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc when value.Length == sizeof(long) => value.ToArray(),
        TypeKind.Float32 when value.Length == sizeof(float) && !float.IsNaN(BinaryPrimitives.ReadSingleLittleEndian(value)) => value.ToArray(),
        TypeKind.Float64 when value.Length == sizeof(double) && !double.IsNaN(BinaryPrimitives.ReadDoubleLittleEndian(value)) => value.ToArray(),
        TypeKind.Decimal => Decimal(physicalType, value),
        TypeKind.Uuid when value.Length == 16 => value.ToArray(),
        TypeKind.FixedBinary when value.Length == type.Length => value.ToArray(),
        TypeKind.Binary => value.ToArray(),
        TypeKind.String when Utf8.IsValid(value) => value.ToArray(),
        _ => null,
    };

    /// <summary>Orders two bounds of a type as Iceberg does.</summary>
    public static int Compare(DataType type, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => type.Kind switch
    {
        TypeKind.Int32 or TypeKind.Date => BinaryPrimitives.ReadInt32LittleEndian(left).CompareTo(BinaryPrimitives.ReadInt32LittleEndian(right)),
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc =>
            BinaryPrimitives.ReadInt64LittleEndian(left).CompareTo(BinaryPrimitives.ReadInt64LittleEndian(right)),
        TypeKind.Float32 => BinaryPrimitives.ReadSingleLittleEndian(left).CompareTo(BinaryPrimitives.ReadSingleLittleEndian(right)),
        TypeKind.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(left).CompareTo(BinaryPrimitives.ReadDoubleLittleEndian(right)),
        TypeKind.Decimal => Units(left).CompareTo(Units(right)),
        _ => left.SequenceCompareTo(right), // false is below true; text, bytes and uuids are in the order of their bytes
    };

    /// <summary>A lower bound of at most <see cref="LengthMax"/>. A zero becomes -0, which is before +0 in Iceberg's order: Parquet's may be either.</summary>
    public static byte[] Lower(DataType type, byte[] value) => type.Kind switch
    {
        TypeKind.Float32 when BinaryPrimitives.ReadSingleLittleEndian(value) == 0 => Single(-0.0f),
        TypeKind.Float64 when BinaryPrimitives.ReadDoubleLittleEndian(value) == 0 => Double(-0.0),
        TypeKind.String => value[..PrefixLength(value)],
        TypeKind.Binary or TypeKind.FixedBinary when value.Length > LengthMax => value[..LengthMax],
        _ => value,
    };

    /// <summary>An upper bound of at most <see cref="LengthMax"/>: a shortened one is raised. Null where none can be: all that is kept is the highest there is.</summary>
    public static byte[]? Upper(DataType type, byte[] value)
    {
        switch (type.Kind)
        {
            case TypeKind.Float32 when BinaryPrimitives.ReadSingleLittleEndian(value) == 0:
                return Single(0.0f);
            case TypeKind.Float64 when BinaryPrimitives.ReadDoubleLittleEndian(value) == 0:
                return Double(0.0);
            case TypeKind.String:
                var length = PrefixLength(value);
                return length == value.Length ? value : RaisedText(value.AsSpan(0, length));
            case TypeKind.Binary or TypeKind.FixedBinary when value.Length > LengthMax:
                return RaisedBytes(value.AsSpan(0, LengthMax));
            default:
                return value;
        }
    }

    // INT32 and INT64 hold the units little endian, fixed bytes big endian.
    private static byte[]? Decimal(int physicalType, ReadOnlySpan<byte> value) => physicalType switch
    {
        ParquetLeaf.Int32 when value.Length == sizeof(int) => Shortest(BinaryPrimitives.ReadInt32LittleEndian(value)),
        ParquetLeaf.Int64 when value.Length == sizeof(long) => Shortest(BinaryPrimitives.ReadInt64LittleEndian(value)),
        ParquetLeaf.Int32 or ParquetLeaf.Int64 => null,
        _ => value.Length is > 0 and <= 16 ? Shortest(Units(value)) : null,
    };

    private static byte[] Shortest(Int128 units)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, units);
        // A leading byte says nothing that the next one's sign bit does not.
        var sign = units < 0 ? (byte)0xff : (byte)0;
        var start = 0;
        while (start < bytes.Length - 1 && bytes[start] == sign && (bytes[start + 1] & 0x80) == (sign & 0x80))
            start++;
        return bytes[start..].ToArray();
    }

    private static Int128 Units(ReadOnlySpan<byte> bigEndian)
    {
        Int128 units = (sbyte)bigEndian[0];
        foreach (var next in bigEndian[1..])
            units = (units << 8) | next;
        return units;
    }

    private static int PrefixLength(ReadOnlySpan<byte> text)
    {
        var length = 0;
        for (var i = 0; i < LengthMax && length < text.Length; i++)
        {
            Rune.DecodeFromUtf8(text[length..], out _, out var bytes);
            length += bytes;
        }

        return length;
    }

    // The last code point that has a successor goes up by one, those behind it go: every text that began with the prefix is below that.
    private static byte[]? RaisedText(ReadOnlySpan<byte> prefix)
    {
        Span<byte> raised = stackalloc byte[4];
        while (Rune.DecodeLastFromUtf8(prefix, out var last, out var bytes) == System.Buffers.OperationStatus.Done)
        {
            prefix = prefix[..^bytes];
            if (last.Value == 0x10ffff)
                continue;
            var next = new Rune(last.Value == 0xd7ff ? 0xe000 : last.Value + 1); // surrogates are no code points of text
            return [.. prefix, .. raised[..next.EncodeToUtf8(raised)]];
        }

        return null;
    }

    private static byte[]? RaisedBytes(ReadOnlySpan<byte> prefix)
    {
        var kept = prefix.LastIndexOfAnyExcept((byte)0xff);
        if (kept < 0)
            return null;
        var raised = prefix[..(kept + 1)].ToArray();
        raised[kept]++;
        return raised;
    }

    private static byte[] Single(float value) => BitConverter.GetBytes(value);

    private static byte[] Double(double value) => BitConverter.GetBytes(value);
}
