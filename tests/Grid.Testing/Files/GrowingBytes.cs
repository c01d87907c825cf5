namespace Grid.Testing.Files;

/// <summary>Bytes that grow at their end without being copied each time. What lies between the end and a write behind it is zeros.</summary>
internal sealed class GrowingBytes
{
    private byte[] _bytes = [];

    public int Length { get; private set; }

    /// <summary>The bytes, until they grow.</summary>
    public Span<byte> Span => _bytes.AsSpan(0, Length);

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        if (bytes.IsEmpty)
            return;
        if (position + bytes.Length > Length)
            Resize(position + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan((int)position));
    }

    public void Resize(long length)
    {
        var next = checked((int)length);
        if (next > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(next, 2 * _bytes.Length));
        if (next < Length)
            _bytes.AsSpan(next, Length - next).Clear(); // they read as zeros if it grows again
        Length = next;
    }
}
