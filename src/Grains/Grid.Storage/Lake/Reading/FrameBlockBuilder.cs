using Grid.Abstractions;

namespace Grid.Storage.Lake.Reading;

/// <summary>Gathers frames into blocks of bounded length. Disposed, it gives back a block that nobody took.</summary>
internal sealed class FrameBlockBuilder(int bytesMax) : IDisposable
{
    private FrameBlock? _block;
    private int _filled;

    /// <summary>Whether it holds no frame.</summary>
    public bool IsEmpty => _block is null;

    /// <summary>Adds a frame, by copy; false: there is no room for it. The first one gets it whatever its size.</summary>
    public bool TryAdd(ReadOnlySpan<byte> frame)
    {
        if (_block is not null && frame.Length > _block.Length - _filled)
            return false;
        _block ??= FrameBlock.Rent(Math.Max(frame.Length, bytesMax));
        frame.CopyTo(_block.WritableMemory.Span[_filled..]);
        _filled += frame.Length;
        return true;
    }

    /// <summary>The frames so far, which are the caller's; null: none.</summary>
    public FrameBlock? Take()
    {
        var block = _block;
        block?.Truncate(_filled);
        (_block, _filled) = (null, 0);
        return block;
    }

    public void Dispose() => Take()?.Dispose();
}
