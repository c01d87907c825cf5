using System.IO.Hashing;

namespace Grid.Storage.Tests.Objects;

/// <summary>A stream of bytes at random from a seed, read in uneven pieces; it does not seek and does not tell its length, and may fail on the way.</summary>
internal sealed class PatternStream(int seed, long length) : Stream
{
    private readonly Random _random = new(seed);
    private readonly XxHash3 _hash = new();
    private readonly byte[] _block = new byte[BlockBytes];
    private long _position;

    private const int BlockBytes = 64 * 1024;

    /// <summary>Where it fails; never, unless set.</summary>
    public long FailAt { get; init; } = long.MaxValue;

    public EndOfStreamException Failure { get; } = new("The source broke.");

    /// <summary>XxHash3-64 of what was read.</summary>
    public ulong Hash => _hash.GetCurrentHashAsUInt64();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The first bytes of the stream of a seed.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new PatternStream(seed, length).ReadExactly(bytes);
        return bytes;
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_position >= FailAt)
            throw Failure;
        var at = (int)(_position % BlockBytes);
        if (at == 0)
            _random.NextBytes(_block);
        count = (int)Math.Min(Math.Min(count, length - _position), Math.Min(BlockBytes - at, 40_000));
        _block.AsSpan(at, count).CopyTo(buffer.AsSpan(offset));
        _hash.Append(_block.AsSpan(at, count));
        _position += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
