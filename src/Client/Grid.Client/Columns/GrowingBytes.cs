using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Grid.Client.Columns;

/// <summary>Bytes that grow by doubling. Never pooled: an array built over them stays valid as long as somebody holds it, unless the buffer is cleared and filled again.</summary>
internal sealed class GrowingBytes
{
    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>Makes the buffer longer and returns the new part; its content is undefined.</summary>
    public Span<byte> Extend(int count)
    {
        var needed = checked(Length + count);
        if (needed > _bytes.Length)
            Grow(needed);
        var added = _bytes.AsSpan(Length, count);
        Length = needed;
        return added;
    }

    public Span<T> Extend<T>(int count)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Extend(checked(count * Unsafe.SizeOf<T>())));

    public Span<byte> Span => _bytes.AsSpan(0, Length);

    public Span<T> As<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Span);

    public void Truncate(int length) => Length = Math.Min(Length, length);

    private void Grow(int needed)
    {
        var size = Math.Max(256, _bytes.Length);
        while (size < needed)
            size = size < Array.MaxLength / 2 ? size * 2 : Array.MaxLength;
        var larger = GC.AllocateUninitializedArray<byte>(size);
        _bytes.AsSpan(0, Length).CopyTo(larger);
        _bytes = larger;
    }
}
