using System.Buffers;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Log;

/// <summary>
/// Reads some frames of a segment, or some columns of them: looks at each frame's metadata, skips what its statistics rule out, and reads only the bytes
/// of the wanted columns. Blocking; the work of one call is bounded in frames and bytes, however little of it is sent.
/// </summary>
internal ref struct SelectiveRead
{
    private const int WindowLength = 64 * 1024;
    private const int FramesMax = 2048;
    private const long BytesReadMax = 8 * 1024 * 1024;

    /// <summary>Up to this many bytes between wanted ones are read rather than skipped: a read costs about as much as copying them.</summary>
    private const int GapMax = 16 * 1024;

    private readonly FetchShape _shape;
    private readonly Segment _segment;
    private readonly IFile _file;
    private readonly TableSchema _schema;
    private readonly FrameProjector? _projector;
    private FrameBlock? _block;
    private int _filled;
    private long _bytesRead;

    public SelectiveRead(FetchShape shape, Segment segment, IFile file)
    {
        _shape = shape;
        _segment = segment;
        _file = file;
        _schema = shape.SchemaOf(segment.SchemaVersion);
        _projector = shape.ProjectorOf(_schema);
    }

    /// <summary>Frames that were looked at and not sent.</summary>
    public int Skipped { get; private set; }

    /// <summary>Reads from the frame that holds <paramref name="from"/> on. The block is the caller's; null: nothing matched up to <paramref name="next"/>.</summary>
    public FrameBlock? Run(LogOffset from, LogOffset highWatermark, out LogOffset next)
    {
        var marks = _segment.Index.Marks;
        var index = FrameIndex.FindOffset(marks[..^1], from);
        var last = Math.Min(marks.Length - 1, index + FramesMax);
        next = from;
        using var window = new FileWindow(_file, marks[^1].Position, WindowLength);
        try
        {
            for (; index < last && marks[index].BaseOffset < highWatermark.Value && _bytesRead + window.BytesRead < BytesReadMax; index++)
            {
                if (!Take(marks[index], marks[index + 1].Position - marks[index].Position, window, out var endOffset))
                    break;
                next = endOffset;
            }
        }
        catch
        {
            _block?.Dispose();
            throw;
        }

        _block?.Truncate(_filled);
        return _block;
    }

    /// <summary>Looks at a frame and adds what is wanted of it; false: there is no room for it.</summary>
    private bool Take(in IndexEntry entry, int frameLength, FileWindow window, out LogOffset endOffset)
    {
        var headLength = FrameHeader.Size + entry.MetadataLength;
        var head = window.Need(entry.Position, headLength, frameLength <= WindowLength / 2 ? WindowLength : headLength).Span;
        var error = FrameHeader.TryRead(head, out var header);
        if (error != FrameHeaderError.None || header.BaseOffset.Value != entry.BaseOffset || header.FrameLength != frameLength)
            throw SegmentRecovery.Corrupt(_segment.Path, entry.Position, $"the header there is not the one of offset {entry.BaseOffset} ({error})");

        endOffset = header.EndOffset;
        var metadata = head[(FrameHeader.Size + FrameWalk.PrefixLength)..];
        if (!_shape.MayMatch(metadata, _schema))
        {
            Skipped++;
            return true;
        }

        if (_projector is null)
        {
            if (!Reserve(frameLength, out var whole))
                return false;
            Read(entry.Position, whole, window);
            return true;
        }

        var plan = _projector.Plan(header, metadata);
        if (!Reserve(plan.FrameLength, out var target))
            return false;
        ReadRanges(entry.Position, plan, target, window);
        plan.Finish(target);
        return true;
    }

    /// <summary>Room for a frame. The first one gets it whatever its size.</summary>
    private bool Reserve(int length, out Span<byte> target)
    {
        target = default;
        if (_filled > 0 && length > _shape.BytesMax - _filled)
            return false;
        _block ??= FrameBlock.Rent(Math.Max(length, _shape.BytesMax));
        target = _block.WritableMemory.Span.Slice(_filled, length);
        _filled += length;
        return true;
    }

    private void ReadRanges(long position, ProjectionPlan plan, Span<byte> target, FileWindow window)
    {
        var ranges = plan.Ranges;
        for (var i = 0; i < ranges.Length;)
        {
            // Neighbours in the file with small gaps between them are one read.
            var (start, end) = (ranges[i].Source, ranges[i].Source + ranges[i].Length);
            var next = i + 1;
            while (next < ranges.Length && ranges[next].Source >= end && ranges[next].Source - end <= GapMax)
            {
                end = ranges[next].Source + ranges[next].Length;
                next++;
            }

            if (next == i + 1)
                Read(position + start, target.Slice(ranges[i].Target, ranges[i].Length), window);
            else
                ReadSpan(position, start, end, ranges[i..next], target, window);
            i = next;
        }
    }

    private void ReadSpan(long position, int start, int end, ReadOnlySpan<ProjectedRange> ranges, Span<byte> target, FileWindow window)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(end - start);
        try
        {
            Read(position + start, buffer.AsSpan(0, end - start), window);
            foreach (var range in ranges)
                buffer.AsSpan(range.Source - start, range.Length).CopyTo(target[range.Target..]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Read(long position, Span<byte> target, FileWindow window)
    {
        if (window.TryCopy(position, target))
            return;
        _file.ReadFully(target, position);
        _bytesRead += target.Length;
    }
}
