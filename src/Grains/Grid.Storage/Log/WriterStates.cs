using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>A frame that a writer stored.</summary>
internal readonly record struct StoredFrame(int Sequence, LogOffset BaseOffset, LogOffset EndOffset, long TimestampMs);

/// <summary>
/// The last frames of each idempotent writer of a bucket, rebuilt from the headers when the log opens. A writer without a frame for 7 days is forgotten:
/// by commit timestamps, so a rebuild forgets the same ones. Used by the writer's loop alone.
/// </summary>
internal sealed class WriterStates
{
    /// <summary>Frames remembered for each writer: as many as a client may have in flight.</summary>
    public const int FramesRemembered = 5;

    /// <summary>Milliseconds after which an idle writer is forgotten: 7 days.</summary>
    public const long ForgetAfterMs = 7L * 24 * 3_600_000;

    /// <summary>Most writers remembered in a bucket, about 20 MB; beyond it those that have been idle longest are forgotten early.</summary>
    public const int WritersMax = 100_000;

    private readonly Dictionary<WriterId, WriterState> _writers = [];
    private readonly int _writersMax;

    public WriterStates(int writersMax = WritersMax) => _writersMax = writersMax;

    public int Count => _writers.Count;

    /// <summary>The writer's state, or null where the bucket does not know it (any more).</summary>
    public WriterState? Find(WriterId writer, long nowMs)
    {
        if (!_writers.TryGetValue(writer, out var state))
            return null;
        if (nowMs - state.LastTimestampMs <= ForgetAfterMs)
            return state;
        _writers.Remove(writer);
        return null;
    }

    /// <summary>Remembers a frame that is in the log.</summary>
    public void Record(in FrameHeader header)
    {
        if (header.Writer.Value == 0)
            return;
        if (!_writers.TryGetValue(header.Writer, out var state))
        {
            if (_writers.Count >= _writersMax)
                ForgetOldest();
            _writers[header.Writer] = state = new WriterState();
        }

        state.Add(new StoredFrame(header.Sequence, header.BaseOffset, header.EndOffset, header.TimestampMs));
    }

    /// <summary>Forgets the writers that are idle for too long.</summary>
    public void Expire(long nowMs)
    {
        foreach (var (writer, state) in _writers)
            if (nowMs - state.LastTimestampMs > ForgetAfterMs)
                _writers.Remove(writer);
    }

    private void ForgetOldest()
    {
        var ages = new long[_writers.Count];
        var i = 0;
        foreach (var state in _writers.Values)
            ages[i++] = state.LastTimestampMs;
        Array.Sort(ages);

        // An eighth at once, so that the sort is paid once in many writers.
        var limit = ages[ages.Length / 8];
        foreach (var (writer, state) in _writers)
            if (state.LastTimestampMs <= limit && _writers.Count > _writersMax - Math.Max(1, _writersMax / 8))
                _writers.Remove(writer);
    }
}
