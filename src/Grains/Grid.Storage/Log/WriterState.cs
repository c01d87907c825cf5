using System.Runtime.CompilerServices;

namespace Grid.Storage.Log;

/// <summary>The last frames of one writer.</summary>
internal sealed class WriterState
{
    private Ring _frames;
    private int _count;

    /// <summary>The sequence that its next frame must have.</summary>
    public int Expected { get; private set; }

    public long LastTimestampMs { get; private set; }

    public void Add(in StoredFrame frame)
    {
        _frames[_count % WriterStates.FramesRemembered] = frame;
        _count = _count + 1 == 2 * WriterStates.FramesRemembered ? WriterStates.FramesRemembered : _count + 1;
        Expected = WriterSequence.Add(frame.Sequence, 1);
        LastTimestampMs = frame.TimestampMs;
    }

    /// <summary>Finds a remembered frame.</summary>
    public bool TryFind(int sequence, out StoredFrame frame)
    {
        for (var i = 0; i < Math.Min(_count, WriterStates.FramesRemembered); i++)
        {
            frame = _frames[i];
            if (frame.Sequence == sequence)
                return true;
        }

        frame = default;
        return false;
    }

    [InlineArray(WriterStates.FramesRemembered)]
    private struct Ring
    {
        private StoredFrame _first;
    }
}
