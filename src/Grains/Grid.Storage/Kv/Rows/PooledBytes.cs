using System.Buffers;

namespace Grid.Storage.Kv;

/// <summary>Growing pooled bytes with one owner.</summary>
internal struct PooledBytes : IDisposable
{
    private byte[] _array;

    public PooledBytes() => _array = [];

    /// <summary>Bytes in use.</summary>
    public int Length { get; private set; }

    public readonly ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    public readonly Span<byte> Span => _array.AsSpan(0, Length);

    /// <summary>Makes the bytes anew, not cleared.</summary>
    public Span<byte> Restart(int length)
    {
        Length = 0;
        return Append(length);
    }

    /// <summary>Adds bytes at the end, not cleared.</summary>
    public Span<byte> Append(int length)
    {
        var start = Length;
        var total = checked(start + length);
        if (total > _array.Length)
            Grow(total);
        Length = total;
        return _array.AsSpan(start, length);
    }

    public void Dispose()
    {
        if (_array.Length > 0)
            ArrayPool<byte>.Shared.Return(_array);
        _array = [];
        Length = 0;
    }

    private void Grow(int total)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(total, (int)Math.Min(2L * _array.Length, Array.MaxLength)));
        _array.AsSpan(0, Length).CopyTo(larger);
        if (_array.Length > 0)
            ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
