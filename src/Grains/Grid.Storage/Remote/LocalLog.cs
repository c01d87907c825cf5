using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Remote;

/// <summary>A segment of a node's log that is complete and committed.</summary>
internal readonly record struct LocalSegment(LogOffset BaseOffset, LogOffset EndOffset);

/// <summary>What the rules of copying see of a node's log.</summary>
/// <param name="Start">Its first offset.</param>
/// <param name="HighWatermark">The offset below which it is committed.</param>
/// <param name="Epochs">The epochs of its frames with the first offset of each.</param>
/// <param name="Copyable">Its segments that never change any more, oldest first: sealed, and below the high watermark, so that no leader cuts them.</param>
internal sealed record LocalLog(LogOffset Start, LogOffset HighWatermark, ImmutableArray<EpochStart> Epochs, ImmutableArray<LocalSegment> Copyable)
{
    public static LocalLog Of(BucketLog log)
    {
        // The watermark first: what is below it now was so when the segments are looked at.
        var highWatermark = log.HighWatermark;
        var segments = log.Segments;
        return new LocalLog(segments.Length > 0 ? segments[0].BaseOffset : log.StartOffset, highWatermark, log.Epochs,
            [.. segments.Where(segment => IsCopyable(segment, highWatermark)).Select(static segment => new LocalSegment(segment.BaseOffset, segment.EndOffset))]);
    }

    public static bool IsCopyable(Segment segment, LogOffset highWatermark) =>
        segment.IsSealed && !segment.IsPending && segment.Index.Count > 0 && segment.EndOffset <= highWatermark;

    /// <summary>The epoch of the frame that holds an offset; null: the log does not have it.</summary>
    public LeaderEpoch? EpochAt(LogOffset offset)
    {
        if (offset < Start || offset >= HighWatermark)
            return null;
        for (var i = Epochs.Length - 1; i >= 0; i--)
            if (Epochs[i].Offset <= offset)
                return Epochs[i].Epoch;
        return null;
    }
}
