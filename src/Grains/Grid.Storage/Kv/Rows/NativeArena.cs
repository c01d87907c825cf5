using System.Runtime.InteropServices;

namespace Grid.Storage.Kv;

/// <summary>
/// Native memory that is handed out piece by piece and freed at once: rows and keys of one group. Native, so that RocksDB can be given pointers
/// without pinning. One owner, one caller at a time; every pointer dies with <see cref="Reset"/> or <see cref="Dispose"/>.
/// </summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private const int FirstChunkBytes = 64 * 1024;
    private const int ChunkBytesMax = 4 * 1024 * 1024;
    private readonly List<(nint Pointer, int Length)> _chunks = [];
    private byte* _next;
    private int _left;

    /// <summary>Bytes held.</summary>
    public long Capacity { get; private set; }

    /// <summary>Memory that is not cleared, aligned to 8.</summary>
    public byte* Allocate(int length)
    {
        var rounded = checked((length + 7) & ~7);
        if (rounded > _left)
            Grow(rounded);
        var piece = _next;
        _next += rounded;
        _left -= rounded;
        return piece;
    }

    public RocksSlice Copy(ReadOnlySpan<byte> bytes)
    {
        var pointer = Allocate(Math.Max(bytes.Length, 1));
        bytes.CopyTo(new Span<byte>(pointer, bytes.Length));
        return new RocksSlice(pointer, bytes.Length);
    }

    /// <summary>Takes all memory back; keeps the first chunk for the next group.</summary>
    public void Reset()
    {
        for (var i = _chunks.Count - 1; i >= 1; i--)
            Free(i);
        if (_chunks.Count == 0)
            return;
        if (_chunks[0].Length > FirstChunkBytes)
        {
            Free(0);
            return;
        }

        _next = (byte*)_chunks[0].Pointer;
        _left = _chunks[0].Length;
    }

    public void Dispose()
    {
        for (var i = _chunks.Count - 1; i >= 0; i--)
            Free(i);
    }

    private void Grow(int needed)
    {
        // Doubling keeps the number of chunks small; a single huge row gets a chunk of its own size.
        var length = Math.Max(needed, (int)Math.Min(Math.Max(Capacity, FirstChunkBytes), ChunkBytesMax));
        var chunk = (nint)NativeMemory.Alloc((nuint)length);
        _chunks.Add((chunk, length));
        Capacity += length;
        _next = (byte*)chunk;
        _left = length;
    }

    private void Free(int index)
    {
        NativeMemory.Free((void*)_chunks[index].Pointer);
        Capacity -= _chunks[index].Length;
        _chunks.RemoveAt(index);
        _next = null;
        _left = 0;
    }
}
