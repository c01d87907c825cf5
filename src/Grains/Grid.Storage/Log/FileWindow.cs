using System.Buffers;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>A pooled piece of a file, moved forward as it is needed: what lies in it costs no read.</summary>
internal sealed class FileWindow : IDisposable
{
    private readonly IFile _file;
    private readonly long _end;
    private byte[] _bytes;
    private long _start;
    private int _filled;

    /// <summary>Opens a window on a file up to <paramref name="end"/>.</summary>
    public FileWindow(IFile file, long end, int capacity)
    {
        _file = file;
        _end = end;
        _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    }

    /// <summary>Bytes read from the file so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The file's bytes from a position on: <paramref name="length"/> of them, fewer only where the file ends. Valid until the next call.</summary>
    /// <param name="position">The first byte.</param>
    /// <param name="length">How many are needed.</param>
    /// <param name="ahead">How many to read, as far as the window goes, if a read is needed at all.</param>
    public ReadOnlyMemory<byte> Need(long position, int length, int ahead)
    {
        var at = position - _start;
        if (at >= 0 && at + length <= _filled)
            return _bytes.AsMemory((int)at, length);

        if (length > _bytes.Length)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
            _bytes = ArrayPool<byte>.Shared.Rent(length);
        }

        var wanted = Math.Min(Math.Clamp(ahead, length, _bytes.Length), Math.Max(0, _end - position));
        _start = position;
        _filled = _file.ReadUpTo(_bytes.AsSpan(0, (int)wanted), position);
        BytesRead += _filled;
        return _bytes.AsMemory(0, Math.Min(length, _filled));
    }

    /// <summary>Copies bytes if they all lie in the window.</summary>
    public bool TryCopy(long position, Span<byte> target)
    {
        var at = position - _start;
        if (at < 0 || at + target.Length > _filled)
            return false;
        _bytes.AsSpan((int)at, target.Length).CopyTo(target);
        return true;
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _filled = 0;
    }
}
