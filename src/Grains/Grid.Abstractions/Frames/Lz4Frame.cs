using System.Buffers.Binary;
using System.IO.Hashing;
using K4os.Compression.LZ4;

namespace Grid.Abstractions;

/// <summary>
/// The LZ4 frame format (lz4_Frame_format.md of the LZ4 project) over spans, without allocating: written with independent blocks of at most 4 MiB
/// and no checksums (the Grid frame has one); read with linked blocks, sizes and checksums too, the checksums skipped.
/// </summary>
internal static class Lz4Frame
{
    private const uint Magic = 0x184D2204;
    private const int BlockBytesMax = 4 * 1024 * 1024;
    private const uint StoredFlag = 0x8000_0000;
    private const int WindowBytes = 64 * 1024;

    /// <summary>Magic; version 01 with independent blocks; block maximum 7 (4 MiB); the second byte of XXH32 of those two bytes.</summary>
    private static ReadOnlySpan<byte> Head => [0x04, 0x22, 0x4D, 0x18, 0x60, 0x70, 0x73];

    /// <summary>The bytes written, or 0 where the destination is too small for them.</summary>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (destination.Length < Head.Length + sizeof(uint))
            return 0;
        Head.CopyTo(destination);
        var written = Head.Length;
        while (!source.IsEmpty)
        {
            var block = source[..Math.Min(source.Length, BlockBytesMax)];
            source = source[block.Length..];

            // A block that does not fit into what is left has not shrunk: the caller stores the buffer as it is.
            var room = destination.Length - written - (2 * sizeof(uint));
            var bytes = room <= 0 ? 0 : LZ4Codec.Encode(block, destination.Slice(written + sizeof(uint), room), LZ4Level.L00_FAST);
            if (bytes <= 0)
                return 0;
            BinaryPrimitives.WriteInt32LittleEndian(destination[written..], bytes);
            written += sizeof(uint) + bytes;
        }

        BinaryPrimitives.WriteInt32LittleEndian(destination[written..], 0);
        return written + sizeof(uint);
    }

    /// <summary>Decompresses one frame that must fill the destination.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (!TryReadHead(ref source, out var blockChecksum))
            return false;

        var written = 0;
        while (source.Length >= sizeof(uint))
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(source);
            source = source[sizeof(uint)..];
            if (size == 0)
                return written == destination.Length;

            var bytes = size & ~StoredFlag;
            if (bytes > (uint)source.Length || bytes > BlockBytesMax)
                return false;
            var block = source[..(int)bytes];
            var rest = destination[written..];
            if ((size & StoredFlag) != 0)
            {
                if (!block.TryCopyTo(rest))
                    return false;
                written += block.Length;
            }
            else
            {
                // Linked blocks look back at up to 64 KiB of what was written before them; independent ones don't, and lose nothing.
                var window = destination.Slice(Math.Max(0, written - WindowBytes), Math.Min(written, WindowBytes));
                var decoded = window.IsEmpty ? LZ4Codec.Decode(block, rest) : LZ4Codec.Decode(block, rest, window);
                if (decoded < 0)
                    return false;
                written += decoded;
            }

            var skip = block.Length + (blockChecksum ? sizeof(uint) : 0);
            if (skip > source.Length)
                return false;
            source = source[skip..];
        }

        return false;
    }

    private static bool TryReadHead(ref ReadOnlySpan<byte> source, out bool blockChecksum)
    {
        // Magic, FLG (version:2, independent:1, block checksum:1, size:1, content checksum:1, reserved:1, dictionary:1), BD, [size:8], HC.
        blockChecksum = false;
        if (source.Length < Head.Length || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
            return false;
        var flags = source[4];
        var descriptorBytes = (flags & 0x08) != 0 ? 10 : 2;
        if ((flags & 0xC3) != 0x40 || source.Length < sizeof(uint) + descriptorBytes + 1)
            return false;
        var descriptor = source.Slice(sizeof(uint), descriptorBytes);
        if (source[sizeof(uint) + descriptorBytes] != (byte)(XxHash32.HashToUInt32(descriptor) >> 8))
            return false;
        blockChecksum = (flags & 0x10) != 0;
        source = source[(sizeof(uint) + descriptorBytes + 1)..];
        return true;
    }
}
