using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// One key column of many keys: adds its lengths to theirs, then writes its values behind what they have. A cursor a key says where that is; the
/// caller has made room by the lengths.
/// </summary>
internal static class KeyColumnEncoding
{
    /// <summary>Ends text and binary: below every byte of a longer value, because a 00 of the value is followed by FF.</summary>
    public const byte End = 0x01;

    /// <summary>Follows a 00 that belongs to the value.</summary>
    public const byte Escape = 0xff;

    /// <summary>Encoded bytes of each value of the type; 0 where they differ.</summary>
    public static int FixedWidth(DataType type) => type.Kind switch
    {
        TypeKind.Boolean or TypeKind.Int8 => 1,
        TypeKind.Int16 => 2,
        TypeKind.Int32 or TypeKind.Date => 4,
        TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc => 8,
        TypeKind.Decimal or TypeKind.Uuid => 16,
        TypeKind.FixedBinary => type.Length,
        _ => 0,
    };

    /// <summary>Adds the encoded length of each value.</summary>
    public static void AddLengths(DataType type, ArrayData data, Span<int> lengths)
    {
        var width = FixedWidth(type);
        if (width > 0)
        {
            for (var row = 0; row < lengths.Length; row++)
                lengths[row] += width;
            return;
        }

        var offsets = ScalarArrays.Offsets(data);
        var bytes = data.Buffers[2].Span;
        var hasZeros = HasZeros(offsets, bytes);
        for (var row = 0; row < lengths.Length; row++)
        {
            var value = bytes[offsets[row]..offsets[row + 1]];
            // Saturates: a length over the limit is refused, and the sum of many must not wrap.
            lengths[row] += Math.Min(GridLimits.KeyBytesMax + 1, value.Length + 2 + (hasZeros ? value.Count((byte)0) : 0));
        }
    }

    /// <summary>Writes the column's values at the cursors and moves them.</summary>
    public static void Write(DataType type, ArrayData data, Span<byte> keys, Span<int> cursors)
    {
        switch (type.Kind)
        {
            case TypeKind.Boolean:
                WriteBooleans(data, keys, cursors);
                break;
            case TypeKind.Int8:
                var int8s = ScalarArrays.Values<sbyte>(data);
                for (var row = 0; row < int8s.Length; row++)
                    cursors[row] += OrderedBytes.WriteInt8(keys[cursors[row]..], int8s[row]);
                break;
            case TypeKind.Int16:
                var int16s = ScalarArrays.Values<short>(data);
                for (var row = 0; row < int16s.Length; row++)
                    cursors[row] += OrderedBytes.WriteInt16(keys[cursors[row]..], int16s[row]);
                break;
            case TypeKind.Int32 or TypeKind.Date:
                var int32s = ScalarArrays.Values<int>(data);
                for (var row = 0; row < int32s.Length; row++)
                    cursors[row] += OrderedBytes.WriteInt32(keys[cursors[row]..], int32s[row]);
                break;
            case TypeKind.Int64 or TypeKind.Time or TypeKind.Timestamp or TypeKind.TimestampUtc:
                var int64s = ScalarArrays.Values<long>(data);
                for (var row = 0; row < int64s.Length; row++)
                    cursors[row] += OrderedBytes.WriteInt64(keys[cursors[row]..], int64s[row]);
                break;
            case TypeKind.Decimal:
                var decimals = ScalarArrays.Values<Int128>(data);
                for (var row = 0; row < decimals.Length; row++)
                    cursors[row] += OrderedBytes.WriteInt128(keys[cursors[row]..], decimals[row]);
                break;
            case TypeKind.FixedBinary or TypeKind.Uuid:
                WriteFixed(ScalarArrays.FixedValues(data, FixedWidth(type)), FixedWidth(type), keys, cursors);
                break;
            default:
                WriteVariable(data, keys, cursors);
                break;
        }
    }

    /// <summary>Bytes that <see cref="WriteEscaped"/> writes.</summary>
    public static int EscapedLength(ReadOnlySpan<byte> value) => value.Length + value.Count((byte)0) + 2;

    /// <summary>Writes a value escaped, with its end; answers the number of bytes.</summary>
    public static int WriteEscaped(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var written = 0;
        for (var zero = value.IndexOf((byte)0); zero >= 0; zero = value.IndexOf((byte)0))
        {
            value[..(zero + 1)].CopyTo(destination[written..]);
            written += zero + 2;
            destination[written - 1] = Escape;
            value = value[(zero + 1)..];
        }

        return written + WriteEnded(value, destination[written..]);
    }

    private static int WriteEnded(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        value.CopyTo(destination);
        destination[value.Length] = 0;
        destination[value.Length + 1] = End;
        return value.Length + 2;
    }

    private static void WriteBooleans(ArrayData data, Span<byte> keys, Span<int> cursors)
    {
        var bits = data.Buffers[1].Span;
        for (var row = 0; row < cursors.Length; row++)
            cursors[row] += OrderedBytes.WriteBoolean(keys[cursors[row]..], BitUtility.GetBit(bits, data.Offset + row));
    }

    private static void WriteFixed(ReadOnlySpan<byte> values, int width, Span<byte> keys, Span<int> cursors)
    {
        for (var row = 0; row < cursors.Length; row++)
        {
            values.Slice(row * width, width).CopyTo(keys[cursors[row]..]);
            cursors[row] += width;
        }
    }

    private static void WriteVariable(ArrayData data, Span<byte> keys, Span<int> cursors)
    {
        var offsets = ScalarArrays.Offsets(data);
        var bytes = data.Buffers[2].Span;
        var hasZeros = HasZeros(offsets, bytes);
        for (var row = 0; row < cursors.Length; row++)
        {
            var value = bytes[offsets[row]..offsets[row + 1]];
            cursors[row] += hasZeros ? WriteEscaped(value, keys[cursors[row]..]) : WriteEnded(value, keys[cursors[row]..]);
        }
    }

    // One vectorised look at all values spares one a value, nearly always.
    private static bool HasZeros(ReadOnlySpan<int> offsets, ReadOnlySpan<byte> bytes) =>
        !offsets.IsEmpty && bytes[offsets[0]..offsets[^1]].Contains((byte)0);
}
