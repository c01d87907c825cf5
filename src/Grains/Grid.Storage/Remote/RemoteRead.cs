using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Remote;

/// <summary>
/// One answer from a copied segment. Whole frames are one range. Of some frames or columns, first the small frames of a good stretch of the segment and the heads of the large ones are read, neighbours together, several
/// ranges at once; then, of the large ones that are wanted, the bytes of the wanted columns. So an answer takes two rounds of calls, however many columns are left out.
/// </summary>
internal sealed class RemoteRead(RemoteStorage storage, string name, RemoteIndex index, FetchShape shape)
{
    /// <summary>Runs that one answer looks at.</summary>
    private const int RunsMax = 64;

    /// <summary>Bytes that it reads to look at them.</summary>
    private const int LookBytesMax = 1024 * 1024;

    private readonly List<Piece> _pieces = [];
    private FrameProjector? _projector;
    private TableSchema? _schema;
    private int _filled;
    private LogOffset _next;

    /// <summary>Frames from the one that holds an offset on: a block that is the caller's, or null where rows were only passed over, and the offset behind.</summary>
    public Task<(FrameBlock? Frames, LogOffset Next)> RunAsync(LogOffset from, CancellationToken cancellationToken) =>
        shape.TakesAll ? ReadWholeAsync(from, cancellationToken) : ReadSomeAsync(from, cancellationToken);

    private async Task<(FrameBlock? Frames, LogOffset Next)> ReadWholeAsync(LogOffset from, CancellationToken cancellationToken)
    {
        var first = index.Find(from);
        var last = first;
        while (last + 1 < index.Runs.Length && index.EndOf(last + 1) - index.Runs[first].Position <= shape.BytesMax)
            last++;
        var start = index.Runs[first].Position;
        var bytes = await storage.ReadAsync(name, start, index.EndOf(last) - start, cancellationToken).ConfigureAwait(false);
        var (taken, length, next) = (-1, 0, from);
        for (var run = first; run <= last; run++)
        {
            var at = index.Runs[run].Position - start;
            foreach (var frame in RemoteFrames.Walk(name, bytes[at..(index.EndOf(run) - start)], index, run))
            {
                if (frame.Header.EndOffset > from && (taken < 0 || length + frame.Header.FrameLength <= shape.BytesMax))
                {
                    taken = taken < 0 ? at : taken;
                    length += frame.Header.FrameLength;
                    next = frame.Header.EndOffset;
                }
                else if (taken >= 0)
                {
                    return (Copy(bytes.Slice(taken, length)), next);
                }

                at += frame.Header.FrameLength;
            }
        }

        return (Copy(bytes.Slice(taken, length)), next);
    }

    private static FrameBlock Copy(ReadOnlyMemory<byte> frames)
    {
        var block = FrameBlock.Rent(frames.Length);
        frames.CopyTo(block.WritableMemory);
        return block;
    }

    private async Task<(FrameBlock? Frames, LogOffset Next)> ReadSomeAsync(LogOffset from, CancellationToken cancellationToken)
    {
        _schema = shape.SchemaOf(index.SchemaVersion);
        _projector = shape.ProjectorOf(_schema);
        _next = from;
        var first = index.Find(from);

        // 1. What there is to look at.
        var looks = new List<RemoteRange>();
        for (var (run, bytes) = (first, 0L); run < index.Runs.Length && looks.Count < RunsMax; run++)
        {
            var length = index.Runs[run].HeadLength > 0 ? index.Runs[run].HeadLength : index.EndOf(run) - index.Runs[run].Position;
            bytes += length;
            if (looks.Count > 0 && bytes > LookBytesMax)
                break;
            looks.Add(new RemoteRange(index.Runs[run].Position, length));
        }

        var looked = await RemoteRanges.ReadAsync(storage, name, looks, cancellationToken).ConfigureAwait(false);

        // 2. What is wanted of it, as far as an answer has room.
        for (var i = 0; i < looked.Length; i++)
            if (!(index.Runs[first + i].HeadLength > 0 ? TakeLarge(first + i, looked[i]) : TakeSmall(first + i, looked[i], from)))
                break;
        if (_pieces.Count == 0)
            return (null, _next);

        // 3. The rest of the large ones.
        var rest = _pieces.Where(static piece => piece.Bytes.IsEmpty).SelectMany(static piece => piece.Sources, static (piece, range) => new RemoteRange(piece.Position + range.Source, range.Length)).ToList();
        var read = await RemoteRanges.ReadAsync(storage, name, rest, cancellationToken).ConfigureAwait(false);
        return (Build(read), _next);
    }

    private bool TakeSmall(int run, ReadOnlyMemory<byte> bytes, LogOffset from)
    {
        var at = 0;
        foreach (var frame in RemoteFrames.Walk(name, bytes, index, run))
        {
            var whole = bytes.Slice(at, frame.Header.FrameLength);
            at += frame.Header.FrameLength;
            if (frame.Header.EndOffset > from && !Take(frame.Header, RemoteFrames.MetadataOf(frame.Message.Span, frame.Message.Length), 0, whole))
                return false;
        }

        return true;
    }

    private bool TakeLarge(int run, ReadOnlyMemory<byte> head)
    {
        var length = index.EndOf(run) - index.Runs[run].Position;
        var header = RemoteFrames.Require(name, head.Span, index.Runs[run].BaseOffset, index.SchemaVersion, length);
        var metadata = RemoteFrames.MetadataOf(head.Span[FrameHeader.Size..], header.MessageLength);
        return header.FrameLength == length && header.EndOffset == index.EndOffsetOf(run) && FrameHeader.Size + ArrowMessage.PrefixBytes + metadata.Length == head.Length
            ? Take(header, metadata, index.Runs[run].Position, default)
            : throw RemoteErrors.Damaged(name, $"the frame of offset {header.BaseOffset} is not the one that its index has");
    }

    /// <summary>Looks at a frame and notes what is wanted of it; false: there is no room for it.</summary>
    private bool Take(in FrameHeader header, ReadOnlySpan<byte> metadata, int position, ReadOnlyMemory<byte> bytes)
    {
        if (shape.MayMatch(metadata, _schema!))
        {
            var plan = _projector?.Plan(header, metadata);
            var length = plan?.FrameLength ?? header.FrameLength;
            if (_filled > 0 && length > shape.BytesMax - _filled)
                return false;
            _pieces.Add(new Piece(plan, length, position, bytes));
            _filled += length;
        }

        _next = header.EndOffset;
        return true;
    }

    /// <summary>The answer: frames that are in memory, and the ranges that were read of the others, in the order in which those were asked for.</summary>
    private FrameBlock Build(ReadOnlyMemory<byte>[] read)
    {
        var block = FrameBlock.Rent(_filled);
        try
        {
            var target = block.WritableMemory.Span;
            var next = 0;
            foreach (var piece in _pieces)
            {
                var frame = target[..piece.Length];
                target = target[piece.Length..];
                foreach (var range in piece.Sources)
                    (piece.Bytes.IsEmpty ? read[next++] : piece.Bytes.Slice(range.Source, range.Length)).Span.CopyTo(frame[range.Target..]);
                if (piece.Plan is not null)
                    piece.Plan.Finish(frame);
                else if (piece.Bytes.IsEmpty)
                    RequireHash(frame);
            }

            return block;
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private void RequireHash(ReadOnlySpan<byte> frame)
    {
        if (FrameHeader.TryRead(frame, out var header) != FrameHeaderError.None || FrameHeader.HashOf(frame[FrameHeader.Size..]) != header.MessageHash)
            throw RemoteErrors.Damaged(name, "a message does not have the hash that its header says");
    }

    /// <summary>A frame that goes into the answer.</summary>
    /// <param name="Plan">How it is projected; null: it goes whole.</param>
    /// <param name="Length">Bytes of it in the answer.</param>
    /// <param name="Position">Where it begins in the segment, if it is not in memory.</param>
    /// <param name="Bytes">All of it, where it is in memory.</param>
    private sealed record Piece(ProjectionPlan? Plan, int Length, int Position, ReadOnlyMemory<byte> Bytes)
    {
        /// <summary>Its bytes that are needed, and where they go.</summary>
        public ProjectedRange[] Sources { get; } = Plan is null ? [new ProjectedRange(0, 0, Length)] : Plan.Ranges.ToArray();
    }
}
