namespace Grid.Testing.Files;

/// <summary>A file's bytes as readers see them, as they are on disk, and the writes between the two. The store's lock guards it.</summary>
internal sealed class FaultyInode
{
    private readonly List<(long Position, byte[]? Bytes)> _unflushed = [];
    private readonly GrowingBytes _bytes = new();
    private readonly GrowingBytes _durable = new();

    public long Length => _bytes.Length;

    public byte[] Bytes() => _bytes.Span.ToArray();

    public int Read(Span<byte> buffer, long position)
    {
        var count = (int)Math.Clamp(_bytes.Length - position, 0, buffer.Length);
        _bytes.Span.Slice((int)Math.Min(position, _bytes.Length), count).CopyTo(buffer);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        _unflushed.Add((position, bytes.ToArray()));
        _bytes.Write(bytes, position);
    }

    public void Truncate(long length)
    {
        _unflushed.Add((length, null));
        _bytes.Resize(length);
    }

    public void Flush()
    {
        foreach (var (position, bytes) in _unflushed)
            Apply(_durable, bytes, position);
        _unflushed.Clear();
    }

    /// <summary>What a failed flush does to the kernel's pages: they count as clean and never reach the disk.</summary>
    public void DropUnflushed() => _unflushed.Clear();

    public void Flip(long position, int bit)
    {
        _bytes.Span[(int)position] ^= (byte)(1 << bit);
        if (position < _durable.Length)
            _durable.Span[(int)position] ^= (byte)(1 << bit);
    }

    public FaultyInode Copy() => Of(_bytes);

    /// <summary>The durable bytes, and of each later write all, nothing, or a part torn off at either end.</summary>
    public FaultyInode AfterPowerLoss(Random random)
    {
        var left = new GrowingBytes();
        left.Write(_durable.Span, 0);
        foreach (var (position, bytes) in _unflushed)
        {
            switch (random.Next(4))
            {
                case 0:
                    break;
                case 1 when bytes is not null:
                    left.Write(bytes.AsSpan(0, random.Next(bytes.Length + 1)), position);
                    break;
                case 2 when bytes is not null:
                    var start = random.Next(bytes.Length + 1);
                    left.Write(bytes.AsSpan(start), position + start);
                    break;
                default:
                    Apply(left, bytes, position);
                    break;
            }
        }

        return Of(left);
    }

    private static FaultyInode Of(GrowingBytes bytes)
    {
        var copy = new FaultyInode();
        copy._bytes.Write(bytes.Span, 0);
        copy._durable.Write(bytes.Span, 0);
        return copy;
    }

    private static void Apply(GrowingBytes target, byte[]? bytes, long position)
    {
        if (bytes is null)
            target.Resize(position);
        else
            target.Write(bytes, position);
    }
}
