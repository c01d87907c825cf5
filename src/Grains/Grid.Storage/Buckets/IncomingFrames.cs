using System.Buffers.Binary;
using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Buckets;

/// <summary>Takes a request's block apart: sizes, headers, message hashes, and that its sequences are one writer's and follow each other.</summary>
internal static class IncomingFrames
{
    public static Frame[] Parse(FrameBlock block, int framesMax)
    {
        var bytes = block.Memory;
        if (bytes.Length > GridLimits.FrameBytesMax)
            throw TooLarge(bytes.Length, GridLimits.FrameBytesMax, "send smaller frames");

        // One frame a request is the rule; only more of them need a list.
        var single = bytes.Length >= FrameHeader.Size
            && BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[4..]) == bytes.Length - FrameHeader.Size;
        if (!single && bytes.Length > GridLimits.CallBytesMax)
            throw TooLarge(bytes.Length, GridLimits.CallBytesMax, "send the frames in more calls");

        var reader = new FrameReader(bytes);
        if (!reader.Read())
            throw new GridException(GridErrorCode.InvalidArgument, "The request has no frame; send at least one.");
        var first = reader.Current;
        if (single)
            return [first];

        var frames = new List<Frame> { first };
        while (reader.Read())
        {
            if (frames.Count == framesMax)
                throw new GridException(GridErrorCode.TooLarge, $"The request has more than {framesMax} frames; send them in more calls.");
            CheckSequence(first.Header, reader.Current.Header, frames.Count);
            frames.Add(reader.Current);
        }

        return [.. frames];
    }

    private static void CheckSequence(in FrameHeader first, in FrameHeader header, int index)
    {
        if (header.Writer != first.Writer)
            throw new GridException(GridErrorCode.InvalidArgument, $"Frame {index} is of writer {header.Writer}, the first of writer {first.Writer}; a request has one writer.");
        if (header.Writer.Value == 0)
            return;
        if (index >= WriterStates.FramesRemembered)
            throw new GridException(GridErrorCode.TooLarge,
                $"The request has more than {WriterStates.FramesRemembered} frames of writer {header.Writer}, and no more are remembered for a repeat; send them in more calls.");
        var expected = WriterSequence.Add(first.Sequence, index);
        if (header.Sequence != expected)
            throw WriterSequence.Gap(header.Writer, header.Sequence, expected).ToException();
    }

    private static GridException TooLarge(int length, int limit, string fix) =>
        new(GridErrorCode.TooLarge, $"The request has {length} bytes of frames; the limit is {limit}: {fix}.");
}
