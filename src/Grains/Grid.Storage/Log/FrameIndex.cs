using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>Where a frame lies in its segment.</summary>
/// <param name="BaseOffset">The offset of its first row.</param>
/// <param name="TimestampMs">Its commit timestamp.</param>
/// <param name="Position">The byte of its header.</param>
/// <param name="MetadataLength">Bytes of its Arrow message before the body: prefix, flatbuffer, padding.</param>
internal readonly record struct IndexEntry(long BaseOffset, long TimestampMs, int Position, int MetadataLength);

/// <summary>
/// The frames of a segment in order, and behind the last one a mark with the offset and position where the next will begin: frame i lies between entries i and
/// i + 1. One thread adds; any number read beside it without locks: entries are written before the count that covers them, the array is replaced before the
/// count that needs the larger one, and the frame that takes the mark's place has its offset and position.
/// </summary>
internal sealed class FrameIndex
{
    private const int FirstCapacity = 16;
    private IndexEntry[] _entries;
    private int _count;

    /// <summary>Makes the index of a segment without frames.</summary>
    public FrameIndex(LogOffset baseOffset, int position) => _entries = [new IndexEntry(baseOffset.Value, 0, position, 0)];

    /// <summary>Frames.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The frames.</summary>
    public ReadOnlySpan<IndexEntry> Frames => Marks[..^1];

    /// <summary>The frames and the mark behind them.</summary>
    public ReadOnlySpan<IndexEntry> Marks
    {
        get
        {
            var count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count + 1);
        }
    }

    /// <summary>Adds a frame that begins where the last one ended.</summary>
    public void Add(in IndexEntry frame, LogOffset endOffset, int endPosition)
    {
        var count = _count;
        var entries = _entries;
        if (count + 2 > entries.Length)
        {
            entries = new IndexEntry[Math.Max(FirstCapacity, entries.Length * 2)];
            _entries.AsSpan(0, count + 1).CopyTo(entries);
        }

        entries[count] = frame;
        entries[count + 1] = new IndexEntry(endOffset.Value, 0, endPosition, 0);
        Volatile.Write(ref _entries, entries);
        Volatile.Write(ref _count, count + 1);
    }

    /// <summary>Gives back what growing reserved; for a segment that is sealed.</summary>
    public void Trim() => Volatile.Write(ref _entries, _entries.AsSpan(0, _count + 1).ToArray());

    /// <summary>The frame that holds the offset: the last that begins at or before it. -1 where none does.</summary>
    public static int FindOffset(ReadOnlySpan<IndexEntry> entries, LogOffset offset)
    {
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].BaseOffset <= offset.Value)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    /// <summary>The first frame whose timestamp is not lower than the given one; the count where all are lower.</summary>
    public static int FindTimestamp(ReadOnlySpan<IndexEntry> entries, long timestampMs)
    {
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].TimestampMs < timestampMs)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
