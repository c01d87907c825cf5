using System.Buffers;

namespace Grid.Abstractions;

/// <summary>Encoded keys end to end, with where each begins. Pooled: dispose to return the memory.</summary>
public sealed class EncodedKeys : IDisposable
{
    private byte[] _bytes;
    private int[] _ends;

    /// <summary>Takes both arrays over; they came from the shared pools.</summary>
    internal EncodedKeys(byte[] bytes, int[] ends, int count)
    {
        _bytes = bytes;
        _ends = ends;
        Count = count;
    }

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of key <paramref name="index"/>; valid until the keys are disposed.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var start = index == 0 ? 0 : _ends[index - 1];
            return _bytes.AsSpan(start, _ends[index] - start);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        if (_ends.Length > 0)
            ArrayPool<int>.Shared.Return(_ends);
        (_bytes, _ends, Count) = ([], [], 0);
    }
}
