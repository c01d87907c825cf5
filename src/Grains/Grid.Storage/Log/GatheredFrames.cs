using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>
/// Stamps frames and lays them out for one gathered write: headers in one pooled buffer, large messages from where they lie, small ones copied behind their headers so that a
/// thousand tiny frames are one piece and not two thousand. Used again for each write.
/// </summary>
internal sealed class GatheredFrames : IDisposable
{
    private const int CopiedMessageMax = 4096;
    private const int BufferKeptMax = 1024 * 1024;
    private readonly List<FrameHeader> _headers = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private byte[] _buffer = [];

    /// <summary>The stamped headers, in order.</summary>
    public List<FrameHeader> Headers => _headers;

    /// <summary>The bytes to write; valid until the next <see cref="Fill"/> and as long as the messages are.</summary>
    public List<ReadOnlyMemory<byte>> Pieces => _pieces;

    /// <summary>Lays out a run of frames.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="start">The first of the run.</param>
    /// <param name="end">The one after its last.</param>
    /// <param name="baseOffset">The offset of the first.</param>
    /// <param name="stamp">What a leader gives them; null: they have it already, as a follower gets them.</param>
    public void Fill(List<OutgoingFrame> frames, int start, int end, LogOffset baseOffset, FrameStamp? stamp)
    {
        _headers.Clear();
        _pieces.Clear();
        var run = CollectionsMarshal.AsSpan(frames)[start..end];
        Reserve(run);
        int pieceStart = 0, filled = 0;
        foreach (ref readonly var frame in run)
        {
            var header = stamp is { } given ? frame.Header with { BaseOffset = baseOffset, Epoch = given.Epoch, TimestampMs = given.TimestampMs } : frame.Header;
            header.Write(_buffer.AsSpan(filled));
            _headers.Add(header);
            baseOffset = header.EndOffset;
            filled += FrameHeader.Size;
            if (frame.Message.Length <= CopiedMessageMax)
            {
                frame.Message.Span.CopyTo(_buffer.AsSpan(filled));
                filled += frame.Message.Length;
                continue;
            }

            _pieces.Add(_buffer.AsMemory(pieceStart, filled - pieceStart));
            _pieces.Add(frame.Message);
            pieceStart = filled;
        }

        if (filled > pieceStart)
            _pieces.Add(_buffer.AsMemory(pieceStart, filled - pieceStart));
    }

    /// <summary>Bytes of an Arrow message before its body; it was checked when it came.</summary>
    public int MetadataLength(ReadOnlySpan<byte> message) => FrameWalk.PrefixLength + BinaryPrimitives.ReadInt32LittleEndian(message[4..]);

    public void Dispose()
    {
        _pieces.Clear();
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Reserve(ReadOnlySpan<OutgoingFrame> run)
    {
        var needed = 0;
        foreach (ref readonly var frame in run)
            needed += FrameHeader.Size + (frame.Message.Length <= CopiedMessageMax ? frame.Message.Length : 0);
        if (_buffer.Length >= needed && _buffer.Length <= BufferKeptMax)
            return;
        Dispose();
        _buffer = ArrayPool<byte>.Shared.Rent(needed);
    }
}
