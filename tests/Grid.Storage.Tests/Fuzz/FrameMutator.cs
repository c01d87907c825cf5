using System.Buffers.Binary;
using System.IO.Hashing;
using Grid.Abstractions;

namespace Grid.Storage.Tests.Fuzz;

/// <summary>
/// Damages frames: bit flips, extreme numbers, splices of other frames, cuts and growth, in header, metadata and body. Hashes and lengths are put right afterwards, mostly, so
/// that what is behind them is reached.
/// </summary>
internal sealed class FrameMutator(IReadOnlyList<byte[]> seeds, Random random)
{
    private static readonly long[] Extremes =
    [
        0, 1, -1, 2, 3, 7, 8, 9, 63, 64, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, FrameHeader.RowCountMax, FrameHeader.RowCountMax + 1, FrameHeader.MessageLengthMax,
        int.MaxValue - 7, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, 1L << 40, 1L << 62, long.MaxValue - 7, long.MaxValue, long.MinValue,
    ];

    /// <summary>One number of <see cref="Extremes"/>.</summary>
    public long Extreme() => Extremes[random.Next(Extremes.Length)];

    /// <summary>A frame with some damage, or none.</summary>
    public byte[] Next(out int seed)
    {
        seed = random.Next(seeds.Count);
        var frame = seeds[seed].AsSpan().ToArray();
        for (var times = random.Next(5); times > 0; times--)
            frame = Damage(frame);
        if (random.Next(20) != 0)
            Mend(frame);
        return frame;
    }

    /// <summary>Bytes of no known format with some damage.</summary>
    public byte[] Next(byte[] bytes)
    {
        var damaged = bytes.AsSpan().ToArray();
        for (var times = random.Next(4); times > 0 && damaged.Length > 0; times--)
            damaged = DamageMessage(damaged, 0);
        return damaged;
    }

    /// <summary>Writes writer and sequence, and the header's hash.</summary>
    public static void Stamp(byte[] frame, long writer, int sequence)
    {
        if (frame.Length < FrameHeader.Size)
            return;
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(40), writer);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(56), sequence);
        MendHeader(frame);
    }

    private byte[] Damage(byte[] frame)
    {
        if (frame.Length < FrameHeader.Size || random.Next(6) != 0)
            return DamageMessage(frame, Math.Min(frame.Length, FrameHeader.Size));

        // Row count and span belong together: apart, nothing behind the header is reached.
        int[] fields = [4, 8, 16, 16, 20, 24, 28, 30, 32, 40, 48, 56];
        var field = fields[random.Next(fields.Length)];
        var value = random.Next(2) == 0 ? Extreme() : random.Next(70);
        if (field is 28 or 30)
            BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(field), (ushort)(random.Next(3) == 0 ? value : random.Next(5)));
        else if (field is 8 or 32 or 40 or 48)
            BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(field), value);
        else
            BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(field), (int)value);
        if (field == 16)
            BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(20), Math.Max(1, (int)value));
        return frame;
    }

    /// <summary>Damages what lies behind <paramref name="start"/>; the beginning, where the metadata is, as often as all the rest.</summary>
    private byte[] DamageMessage(byte[] bytes, int start)
    {
        var length = bytes.Length - start;
        if (length == 0)
            return [.. bytes, 0, 0, 0, 0, 0, 0, 0, 0];
        var at = start + random.Next(random.Next(2) == 0 ? length : Math.Min(length, 4096));
        switch (random.Next(12))
        {
            case 0:
                return bytes[..(start + (random.Next(length + 1) & ~7))];
            case 1:
                var other = seeds[random.Next(seeds.Count)];
                var from = random.Next(other.Length);
                var count = Math.Min(random.Next(1, 256), other.Length - from);
                return [.. bytes.AsSpan(0, at), .. other.AsSpan(from, count & ~7), .. bytes.AsSpan(at)];
            case 2 or 3:
                other = seeds[random.Next(seeds.Count)];
                count = Math.Min(random.Next(1, 256), Math.Min(other.Length, bytes.Length - at));
                other.AsSpan(random.Next(other.Length - count + 1), count).CopyTo(bytes.AsSpan(at));
                return bytes;
            case 4 or 5 or 6 when at + 8 <= bytes.Length:
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(start + ((at - start) & ~7)), random.Next(2) == 0 ? Extreme() : random.Next(length + 1));
                return bytes;
            case 7 or 8 when at + 4 <= bytes.Length:
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(start + ((at - start) & ~3)), random.Next(2) == 0 ? (int)Extreme() : random.Next(length + 1));
                return bytes;
            case 9 when at + 2 <= bytes.Length:
                BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(start + ((at - start) & ~1)), (short)random.Next(-4, 100));
                return bytes;
            default:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }

    private static void Mend(byte[] frame)
    {
        if (frame.Length < FrameHeader.Size)
            return;
        var message = frame.AsSpan(FrameHeader.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, FrameHeader.Magic);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), message.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(48), FrameHeader.HashOf(message));
        MendHeader(frame);
    }

    private static void MendHeader(byte[] frame) => BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(60), (uint)XxHash3.HashToUInt64(frame.AsSpan(0, 60)));
}
