using System.Buffers.Binary;
using System.Numerics;

namespace Grid.Abstractions;

/// <summary>Bitmaps in Arrow's order: the least significant bit first.</summary>
internal static class Bits
{
    private const int WordBits = 64;

    public static bool Get(ReadOnlySpan<byte> bitmap, int index) => (bitmap[index >> 3] >> (index & 7) & 1) != 0;

    /// <summary>Ones among <paramref name="count"/> bits from <paramref name="start"/>.</summary>
    public static int CountOnes(ReadOnlySpan<byte> bitmap, int start, int count)
    {
        var ones = 0;
        for (var i = 0; i < count; i += WordBits)
            ones += BitOperations.PopCount(Word(bitmap, start + i, Math.Min(WordBits, count - i)));
        return ones;
    }

    /// <summary>Copies <paramref name="count"/> bits from <paramref name="start"/> to the destination's bit 0; the last byte's other bits become 0.</summary>
    public static void Copy(ReadOnlySpan<byte> bitmap, int start, int count, Span<byte> destination)
    {
        for (var i = 0; i < count; i += WordBits)
        {
            var word = Word(bitmap, start + i, Math.Min(WordBits, count - i));
            var target = destination[(i >> 3)..];
            if (target.Length >= sizeof(ulong))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(target, word);
                continue;
            }

            for (var b = 0; b < Math.Min(target.Length, (count - i + 7) >> 3); b++)
                target[b] = (byte)(word >> (8 * b));
        }
    }

    /// <summary>Up to 64 bits from a bit's place, the first one lowest; the others are 0.</summary>
    public static ulong Word(ReadOnlySpan<byte> bitmap, int start, int count)
    {
        var bytes = bitmap[(start >> 3)..((start + count + 7) >> 3)];
        var shift = start & 7;
        ulong word;
        if (bytes.Length >= sizeof(ulong))
        {
            word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> shift;
            if (bytes.Length > sizeof(ulong))
                word |= (ulong)bytes[sizeof(ulong)] << (WordBits - shift);
        }
        else
        {
            word = 0;
            for (var i = 0; i < bytes.Length; i++)
                word |= (ulong)bytes[i] << (8 * i);
            word >>= shift;
        }

        return count == WordBits ? word : word & ((1UL << count) - 1);
    }
}
