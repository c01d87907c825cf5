using ZstdSharp;

namespace Grid.Abstractions;

/// <summary>Decompresses buffers. Zstandard's context (about 160 KiB) is kept by thread: decoding has no owner that could keep it.</summary>
internal static class BufferDecompressor
{
    [ThreadStatic]
    private static Decompressor? _zstd;

    /// <summary>Decompresses a buffer that must fill the destination exactly.</summary>
    public static void Decompress(FrameCompression compression, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var filled = compression == FrameCompression.Lz4 ? Lz4Frame.TryDecompress(source, destination) : TryZstd(source, destination);
        if (!filled)
            throw BatchMetadata.Corrupt($"a buffer of {source.Length} bytes does not decompress ({compression}) to the {destination.Length} bytes that it promises");
    }

    private static bool TryZstd(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        try
        {
            return (_zstd ??= new Decompressor()).TryUnwrap(source, destination, out var written) && written == destination.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }
}
