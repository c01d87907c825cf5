using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>How a buffer of an array becomes a buffer of a message, which knows no offsets into arrays.</summary>
internal enum BodyBufferKind : byte
{
    /// <summary>Bytes <c>Start</c> to <c>Start + Bytes</c> as they are.</summary>
    Copy,

    /// <summary><c>Count</c> bits from bit <c>Start</c>.</summary>
    Bits,

    /// <summary><c>Count</c> + 1 int32 offsets from element <c>Start</c>, less the first one.</summary>
    Offsets,
}

/// <summary>A buffer that is to be written into a message's body.</summary>
internal readonly struct BodyBuffer
{
    private readonly ArrowBuffer _source;
    private readonly BodyBufferKind _kind;
    private readonly int _start;
    private readonly int _count;

    private BodyBuffer(ArrowBuffer source, BodyBufferKind kind, int start, int count, int bytes)
    {
        _source = source;
        _kind = kind;
        _start = start;
        _count = count;
        Bytes = bytes;
    }

    /// <summary>Bytes to write, padding not included.</summary>
    public int Bytes { get; }

    /// <summary>No bytes at all: a validity bitmap where nothing is null.</summary>
    public static BodyBuffer Empty => default;

    public static BodyBuffer Copy(ArrowBuffer source, int start, int bytes) => new(source, BodyBufferKind.Copy, start, 0, bytes);

    public static BodyBuffer Bits(ArrowBuffer source, int start, int count) => new(source, BodyBufferKind.Bits, start, count, (count + 7) / 8);

    public static BodyBuffer Offsets(ArrowBuffer source, int start, int count)
    {
        // An array without elements may come without its one offset: zero bytes at the source, one zero in the message.
        var bytes = (count + 1) * sizeof(int);
        return source.IsEmpty ? new BodyBuffer(source, BodyBufferKind.Offsets, 0, -1, bytes)
            : BinaryPrimitives.ReadInt32LittleEndian(source.Span[(start * sizeof(int))..]) == 0 ? Copy(source, start * sizeof(int), bytes)
            : new BodyBuffer(source, BodyBufferKind.Offsets, start, count, bytes);
    }

    /// <summary>The bytes where they are, if nothing needs to change.</summary>
    public bool TryGetBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = _kind == BodyBufferKind.Copy && Bytes != 0 ? _source.Span.Slice(_start, Bytes) : default;
        return _kind == BodyBufferKind.Copy;
    }

    /// <summary>Writes <see cref="Bytes"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        if (TryGetBytes(out var bytes))
        {
            bytes.CopyTo(destination);
            return;
        }

        if (_kind == BodyBufferKind.Bits)
        {
            Abstractions.Bits.Copy(_source.Span, _start, _count, destination);
            return;
        }

        var target = MemoryMarshal.Cast<byte, int>(destination[..Bytes]);
        if (_count < 0)
        {
            target.Clear();
            return;
        }

        var source = MemoryMarshal.Cast<byte, int>(_source.Span).Slice(_start, _count + 1);
        var first = source[0];
        for (var i = 0; i < target.Length; i++)
            target[i] = source[i] - first;
    }
}
