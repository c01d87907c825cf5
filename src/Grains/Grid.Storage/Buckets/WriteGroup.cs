using System.Diagnostics;
using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Buckets;

/// <summary>The writes that go into the log together. One object a bucket, used again for every group.</summary>
internal sealed class WriteGroup
{
    private readonly List<PendingWrite> _writes = [];
    private readonly List<OutgoingFrame> _frames = [];

    /// <summary>The writes in the order in which their rows get offsets. No repeats among them; sequences of one writer follow each other.</summary>
    public List<PendingWrite> Writes => _writes;

    /// <summary>The frames emitted so far.</summary>
    public List<OutgoingFrame> Frames => _frames;

    /// <summary>The offset of the group's first frame.</summary>
    public LogOffset BaseOffset { get; private set; }

    /// <summary>The offset that the next emitted frame gets; after <see cref="IWriteStage.Prepare"/> the end of the group.</summary>
    public LogOffset NextOffset { get; private set; }

    /// <summary>The commit timestamp of all frames of the group.</summary>
    public long TimestampMs { get; private set; }

    /// <summary>Bytes of the frames emitted so far.</summary>
    public long Bytes { get; private set; }

    public void Start(LogOffset baseOffset, long timestampMs)
    {
        Debug.Assert(_writes.Count == 0, "The last group was not cleared.");
        BaseOffset = NextOffset = baseOffset;
        TimestampMs = timestampMs;
    }

    public void Add(PendingWrite write) => _writes.Add(write);

    /// <summary>
    /// Adds a frame to the log for a write. The header's row count, schema version, flags, writer, sequence, message length and hash are taken as they are; offset, epoch
    /// and timestamp are given by the log.
    /// </summary>
    /// <param name="write">The write that it answers.</param>
    /// <param name="header">The header.</param>
    /// <param name="message">The message; untouched until the write is complete.</param>
    /// <param name="owner">The block that the message lies in, if it is not the request's; taken over.</param>
    public void Emit(PendingWrite write, in FrameHeader header, ReadOnlyMemory<byte> message, FrameBlock? owner = null)
    {
        Debug.Assert(write.Refusal is null, "A refused write has no frames.");
        Debug.Assert(message.Length == header.MessageLength, "The header speaks of another message.");
        if (owner is not null)
            write.Own(owner);

        // The first frame of a write gives its base offset, unless that one is a repeat whose offset the loop knows already.
        if (write.FirstNew == 0 && write.EndOffset == LogOffset.Zero)
            write.BaseOffset = NextOffset;
        _frames.Add(new OutgoingFrame(header, message));
        NextOffset += header.OffsetSpan;
        write.EndOffset = NextOffset;
        write.TimestampMs = TimestampMs;
        Bytes += header.FrameLength;
    }

    /// <summary>Refuses a write, and with it the later writes of its writer: without it their sequences leave a gap.</summary>
    public void Refuse(PendingWrite write, Refusal refusal)
    {
        write.Refusal = refusal;
        if (write.Writer.Value == 0)
            return;
        var expected = WriterSequence.Add(write.FirstSequence, write.FirstNew);
        var later = false;
        foreach (var other in _writes)
        {
            if (later && other.Writer == write.Writer && other.Refusal is null)
                other.Refusal = WriterSequence.Gap(other.Writer, other.FirstSequence, expected);
            later |= ReferenceEquals(other, write);
        }
    }

    /// <summary>Refuses every write that is not refused yet, and forgets the frames. A conflict is refused anew: the version that it found may be one of this group's, which nobody may see now.</summary>
    public void RefuseAll(Refusal refusal)
    {
        foreach (var write in _writes)
            if (write.Refusal is null or { Code: GridErrorCode.VersionConflict })
                write.Refusal = refusal;
        _frames.Clear();
        NextOffset = BaseOffset;
    }

    /// <summary>Answers everybody and empties the group.</summary>
    public void Complete()
    {
        foreach (var write in _writes)
            write.Complete();
        _writes.Clear();
        _frames.Clear();
        Bytes = 0;
    }
}
