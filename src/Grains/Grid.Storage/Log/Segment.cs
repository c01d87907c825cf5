using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// One file of the log. The writer's loop appends to the last one; readers take a lease on the file for the time of a read, so that sealed segments
/// hold a handle only while they are read or hot.
/// </summary>
internal sealed class Segment
{
    private readonly IFileStore _store;
    private readonly Lock _gate = new();
    private IFile? _file;
    private int _leases;
    private bool _keepOpen;
    private long _tailLength;
    private ImmutableArray<EpochStart> _epochs = [];

    /// <summary>Makes a segment over a file that is open; it starts with no frames known.</summary>
    public Segment(IFileStore store, IFile file, in SegmentRecord start, int headLength, bool pending)
    {
        _store = store;
        _file = file;
        _keepOpen = true;
        Path = file.Path;
        BaseOffset = start.Offset;
        SchemaVersion = start.SchemaVersion;
        IsPending = pending;
        HeadLength = headLength;
        Index = new FrameIndex(start.Offset, headLength);
    }

    public string Path { get; private set; }

    public LogOffset BaseOffset { get; }

    public SchemaVersion SchemaVersion { get; }

    public int HeadLength { get; }

    public FrameIndex Index { get; }

    /// <summary>The offset after its last frame.</summary>
    public LogOffset EndOffset => new(Index.Marks[^1].BaseOffset);

    /// <summary>The byte after its last frame.</summary>
    public long FramesEnd => Index.Marks[^1].Position;

    /// <summary>Bytes of the file.</summary>
    public long FileBytes => FramesEnd + Volatile.Read(ref _tailLength);

    public long LastTimestampMs => Index.Frames is { Length: > 0 } frames ? frames[^1].TimestampMs : 0;

    public bool IsSealed { get; private set; }

    /// <summary>Whether the file still has its provisional name, see <see cref="BucketLog"/>.</summary>
    public bool IsPending { get; private set; }

    /// <summary>The epochs of its frames with the first offset of each here; replaced, never changed.</summary>
    public ImmutableArray<EpochStart> Epochs
    {
        get
        {
            lock (_gate)
                return _epochs;
        }
    }

    /// <summary>Makes a frame known that is in the file.</summary>
    public void Add(in FrameHeader header, long position, int metadataLength)
    {
        if (_epochs.IsEmpty || _epochs[^1].Epoch != header.Epoch)
            lock (_gate)
                _epochs = _epochs.Add(new EpochStart(header.Epoch, header.BaseOffset));
        Index.Add(new IndexEntry(header.BaseOffset.Value, header.TimestampMs, checked((int)position), metadataLength), header.EndOffset, checked((int)position + header.FrameLength));
    }

    /// <summary>The file is complete: its tail is written.</summary>
    public void MarkSealed(long fileBytes)
    {
        Index.Trim();
        Volatile.Write(ref _tailLength, fileBytes - FramesEnd);
        IsSealed = true;
    }

    /// <summary>Gives the file its final name; the caller flushes the directory.</summary>
    public void MarkFinal(string path)
    {
        lock (_gate)
        {
            Rename(path);
            IsPending = false;
        }
    }

    /// <summary>Gives the file another name; the caller flushes the directory.</summary>
    public void Rename(string path)
    {
        lock (_gate)
        {
            _store.Rename(Path, path);
            Path = path;
        }
    }

    /// <summary>Returns when the disk has all of the file.</summary>
    public void Flush()
    {
        var file = Acquire();
        try
        {
            file.Flush();
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Cuts the file. What is known of its frames no longer holds: the file is to be opened anew, which flushes it.</summary>
    public void Truncate(long length)
    {
        var file = Acquire();
        try
        {
            file.Truncate(length);
        }
        finally
        {
            Release();
        }
    }

    /// <summary>The file for one read, or for the writer; give it back with <see cref="Release"/>.</summary>
    public IFile Acquire()
    {
        lock (_gate)
        {
            _file ??= _store.Open(Path);
            _leases++;
            return _file;
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            _leases--;
            CloseIfIdle();
        }
    }

    /// <summary>Whether the handle stays open between reads. Returns what it was.</summary>
    public bool KeepOpen(bool keepOpen)
    {
        lock (_gate)
        {
            var before = _keepOpen;
            _keepOpen = keepOpen;
            CloseIfIdle();
            return before;
        }
    }

    /// <summary>Deletes the file; reads that hold it end as they would have.</summary>
    public void Delete()
    {
        lock (_gate)
        {
            try
            {
                _store.Delete(Path);
            }
            finally
            {
                _keepOpen = false;
                CloseIfIdle();
            }
        }
    }

    /// <summary>The bytes of as many whole frames as fit, at least one: from the one that holds <paramref name="from"/>, below a watermark.</summary>
    public (long Start, int Length, LogOffset End) Plan(LogOffset from, LogOffset highWatermark, int bytesMax)
    {
        var marks = Index.Marks;
        var first = FrameIndex.FindOffset(marks[..^1], from);
        var start = marks[first].Position;

        // Positions and offsets rise: search the last frame that ends within both limits.
        int low = first, high = marks.Length - 2;
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (marks[middle].BaseOffset < highWatermark.Value && marks[middle + 1].Position - start <= bytesMax)
                low = middle;
            else
                high = middle - 1;
        }

        return (start, marks[low + 1].Position - start, new LogOffset(marks[low + 1].BaseOffset));
    }

    private void CloseIfIdle()
    {
        if (_leases > 0 || _keepOpen)
            return;
        _file?.Dispose();
        _file = null;
    }
}
