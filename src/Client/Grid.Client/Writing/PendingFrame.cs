using Grid.Abstractions;

namespace Grid.Client.Writing;

/// <summary>A frame on its way: encoded, then stamped with writer and sequence, sent, settled. Owned by its sender.</summary>
internal sealed class PendingFrame
{
    public required FrameBlock Block { get; set; }

    public required WriteLayout Layout { get; init; }

    public required RowSegment[] Segments { get; init; }

    public required long BudgetBytes { get; set; }

    /// <summary>Why the rows could not be encoded; such a frame is never sent.</summary>
    public GridException? Refusal { get; init; }

    /// <summary>Its place among all frames of its bucket.</summary>
    public long Order { get; set; }

    /// <summary>When it was first sent, a timestamp of the clock; 0: not yet.</summary>
    public long Started { get; set; }

    public WriterId Writer { get; private set; }

    public int Sequence { get; private set; }

    /// <summary>Writes an identity into the header. A block that was sent may still be read by a callee in this process: the frame then moves to another.</summary>
    public void Stamp(WriterId writer, int sequence)
    {
        if (Started != 0)
        {
            var copy = FrameBlock.Rent(Block.Length);
            Block.Span.CopyTo(copy.WritableMemory.Span);
            Replace(copy);
        }

        var error = FrameHeader.TryRead(Block.Span, out var header);
        if (error != FrameHeaderError.None)
            throw new InvalidOperationException($"A frame of our own has a wrong header ({error}).");
        Writer = writer;
        Sequence = sequence;
        (header with { Writer = writer, Sequence = sequence }).Write(Block.WritableMemory.Span);
    }

    public void Replace(FrameBlock block)
    {
        Block.Dispose();
        Block = block;
    }

    public void Succeed(Landed landed)
    {
        Block.Dispose();
        foreach (var segment in Segments)
        {
            segment.Acknowledgement?.Succeed(landed, segment.FirstRow, segment.Rows);
            segment.Epoch.Exit(null);
        }
    }

    public void Fail(Exception failure)
    {
        Block.Dispose();
        Fail(Segments, failure);
    }

    public static void Fail(IEnumerable<RowSegment> segments, Exception failure)
    {
        foreach (var segment in segments)
        {
            segment.Acknowledgement?.Fail(failure, segment.Rows);
            segment.Epoch.Exit(segment.Acknowledgement is null ? failure : null);
        }
    }
}
