using ZstdSharp;

namespace Grid.Abstractions;

/// <summary>Compresses buffers one by one. Holds the codec's memory: one a writer.</summary>
internal sealed class BufferCompressor : IDisposable
{
    /// <summary>Smaller buffers do not gain what their frame's head costs.</summary>
    public const int BytesMin = 64;

    private readonly Compressor? _zstd;
    private readonly FrameCompression _compression;

    public BufferCompressor(FrameCompression compression, int zstdLevel)
    {
        _compression = compression;
        if (compression == FrameCompression.Zstd)
            _zstd = new Compressor(Math.Clamp(zstdLevel, Compressor.MinCompressionLevel, Compressor.MaxCompressionLevel));
    }

    /// <summary>Compresses a buffer; 0 where that saves less than a sixteenth: then it is better stored as it is, which readers need not copy.</summary>
    /// <param name="source">The buffer.</param>
    /// <param name="destination">At least as long as the source.</param>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Length < BytesMin)
            return 0;
        var room = destination[..(source.Length - (source.Length / 16))];
        if (_zstd is null)
            return _compression == FrameCompression.Lz4 ? Lz4Frame.Compress(source, room) : 0;
        return _zstd.TryWrap(source, room, out var written) ? written : 0;
    }

    public void Dispose() => _zstd?.Dispose();
}
