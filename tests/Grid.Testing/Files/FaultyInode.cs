namespace Grid.Testing.Files;

/// <summary>A file's bytes as readers see them, as they are on disk, and the writes between the two. The store's lock guards it.</summary>
internal sealed class FaultyInode
{
    private readonly List<(long Position, byte[]? Bytes)> _unflushed = [];
    private byte[] _bytes = [];
    private byte[] _durable = [];

    public long Length => _bytes.Length;

    public byte[] Bytes() => [.. _bytes];

    public int Read(Span<byte> buffer, long position)
    {
        var count = (int)Math.Clamp(_bytes.Length - position, 0, buffer.Length);
        _bytes.AsSpan((int)Math.Min(position, _bytes.Length), count).CopyTo(buffer);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        _unflushed.Add((position, bytes.ToArray()));
        Apply(ref _bytes, bytes, position);
    }

    public void Truncate(long length)
    {
        _unflushed.Add((length, null));
        Array.Resize(ref _bytes, (int)length);
    }

    public void Flush()
    {
        foreach (var (position, bytes) in _unflushed)
            Apply(ref _durable, bytes, position);
        _unflushed.Clear();
    }

    /// <summary>What a failed flush does to the kernel's pages: they count as clean and never reach the disk.</summary>
    public void DropUnflushed() => _unflushed.Clear();

    public void Flip(long position, int bit)
    {
        _bytes[position] ^= (byte)(1 << bit);
        if (position < _durable.Length)
            _durable[position] ^= (byte)(1 << bit);
    }

    public FaultyInode Copy() => Of(_bytes);

    /// <summary>The durable bytes, and of each later write all, nothing, or a part torn off at either end.</summary>
    public FaultyInode AfterPowerLoss(Random random)
    {
        var left = _durable.ToArray();
        foreach (var (position, bytes) in _unflushed)
        {
            switch (random.Next(4))
            {
                case 0:
                    break;
                case 1 when bytes is not null:
                    Apply(ref left, bytes.AsSpan(0, random.Next(bytes.Length + 1)), position);
                    break;
                case 2 when bytes is not null:
                    var start = random.Next(bytes.Length + 1);
                    Apply(ref left, bytes.AsSpan(start), position + start);
                    break;
                default:
                    Apply(ref left, bytes, position);
                    break;
            }
        }

        return Of(left);
    }

    private static FaultyInode Of(byte[] bytes)
    {
        var copy = new FaultyInode();
        copy._bytes = [.. bytes];
        copy._durable = [.. bytes];
        return copy;
    }

    private static void Apply(ref byte[] target, byte[]? bytes, long position)
    {
        if (bytes is null)
            Array.Resize(ref target, (int)position);
        else
            Apply(ref target, bytes.AsSpan(), position);
    }

    private static void Apply(ref byte[] target, ReadOnlySpan<byte> bytes, long position)
    {
        if (bytes.IsEmpty)
            return;
        if (position + bytes.Length > target.Length)
            Array.Resize(ref target, (int)position + bytes.Length);
        bytes.CopyTo(target.AsSpan((int)position));
    }
}
