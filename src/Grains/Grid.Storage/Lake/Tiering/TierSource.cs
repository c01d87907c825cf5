using Grid.Abstractions;

namespace Grid.Storage.Lake.Tiering;

/// <summary>A bucket's committed frames from an offset on, block by block, as far as a round goes. One caller at a time.</summary>
internal sealed class TierSource(Func<FetchRequest, CancellationToken, Task<FetchAnswer>> fetch, LogOffset from, TierOptions options, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private long _bytes;

    /// <summary>The offset behind everything that was given.</summary>
    public LogOffset Next { get; private set; } = from;

    /// <summary>The high watermark when it was heard of last.</summary>
    public LogOffset HighWatermark { get; private set; } = from;

    /// <summary>Whether the round has not reached its bounds.</summary>
    public bool MayGoOn => _bytes < options.RoundBytesMax && time.GetElapsedTime(_started).TotalMilliseconds < options.RoundMsMax;

    /// <summary>The next whole frames, the caller's to dispose; null: there are none.</summary>
    public async Task<FrameBlock?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await fetch(new FetchRequest { Offset = Next }, cancellationToken).ConfigureAwait(false);
            HighWatermark = answer.HighWatermark;
            if (answer.Frames is { } frames)
            {
                _bytes += frames.Length;
                Next = answer.NextOffset;
                return frames;
            }

            if (answer.NextOffset <= Next)
                return null;
            Next = answer.NextOffset;
        }
    }
}
