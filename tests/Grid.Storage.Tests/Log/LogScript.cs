using Grid.Abstractions;
using Grid.Storage.Files;
using Grid.Storage.Log;
using Grid.Storage.Tests.Buckets;

namespace Grid.Storage.Tests.Log;

/// <summary>
/// The frames that a log has before and after it is cut: several segments, epochs that begin in the middle of one, a schema change, three writers and frames of none. Always the same bytes, so what two
/// runs left can be compared.
/// </summary>
internal static class LogScript
{
    public const int NewFrames = 9;
    public const int Writers = 3;
    public const long NowMs = 10_000;
    private const int OldFrames = 20;
    private const int FramesPerGroup = 2;
    private static readonly LeaderEpoch NewEpoch = new(9);
    private static readonly TableInfo Table = LogTable.Of(new TableOptions { SegmentBytesMax = 3000 }, LogTable.Schema, LogTable.Wider);
    private static readonly Frame[] Old = [.. Enumerable.Range(0, OldFrames).Select(i => Encode(i, i < 14 ? LogTable.Schema : LogTable.Wider))];
    private static readonly Frame[] New = [.. Enumerable.Range(OldFrames, NewFrames).Select(i => Encode(i, LogTable.Wider))];

    public static BucketLog Open(IFileStore store, FlushPolicy flush, LogOffset committed) =>
        BucketLog.Open(store, "/log", LogSettings.From(Table, flush), NowMs, committed);

    /// <summary>Appends the old frames and waits for the rolls behind them. The last group is left to the operating system where the policy does.</summary>
    public static void Fill(BucketLog log, FlushPolicy flush)
    {
        for (var i = 0; i < OldFrames; i += FramesPerGroup)
        {
            log.Append([.. Old[i..(i + FramesPerGroup)].Select(frame => new OutgoingFrame(frame.Header, frame.Message))], new LeaderEpoch(i < 6 ? 1 : i < 12 ? 3 : 4), NowMs + i);
            if (flush == FlushPolicy.Commit)
                log.Flush();
        }

        log.Settle();
    }

    /// <summary>Appends a frame of the time after the cut.</summary>
    public static void AppendNew(BucketLog log, int number, FlushPolicy flush)
    {
        log.Append([new OutgoingFrame(New[number].Header, New[number].Message)], NewEpoch, NowMs + 100 + number);
        if (flush == FlushPolicy.Commit)
            log.Flush();
    }

    public static bool IsNew(FrameHeader frame) => frame.Epoch == NewEpoch;

    /// <summary>The headers of all that the log has, as a leader's push would read them.</summary>
    public static List<FrameHeader> Read(BucketLog log)
    {
        List<FrameHeader> headers = [];
        for (var next = log.StartOffset; next < log.EndOffset;)
        {
            Assert.Equal(next, headers.Count == 0 ? log.StartOffset : headers[^1].EndOffset);
            using var block = log.ReadForPush(next, 2048, out next);
            headers.AddRange(LogTable.Frames(block).Select(frame => frame.Header));
        }

        return headers;
    }

    /// <summary>Everything the log says of itself is what its frames say.</summary>
    public static void RequireConsistent(BucketLog log, List<FrameHeader> frames)
    {
        Assert.Equal(frames.Count == 0 ? log.StartOffset : frames[^1].EndOffset, log.EndOffset);
        Assert.InRange(log.HighWatermark.Value, log.StartOffset.Value, log.EndOffset.Value);
        Assert.Equal(frames.Count == 0 ? 0 : frames[^1].TimestampMs, log.LastTimestampMs);
        Assert.Equal(frames.Count == 0 ? default : frames[^1].Epoch, log.LastEpoch);
        Assert.Equal(frames.GroupBy(frame => frame.Epoch).Select(epoch => new EpochStart(epoch.Key, epoch.First().BaseOffset)), log.Epochs);
        for (var writer = 1; writer <= Writers; writer++)
        {
            var own = frames.Where(frame => frame.Writer.Value == writer).ToList();
            var state = log.Writers.Find(new WriterId(writer), NowMs);
            Assert.Equal(own.Count == 0 ? null : own[^1].Sequence + 1, state?.Expected);
            foreach (var (frame, fromEnd) in own.AsEnumerable().Reverse().Select((frame, i) => (frame, i)))
            {
                Assert.Equal(fromEnd < WriterStates.FramesRemembered, state!.TryFind(frame.Sequence, out var stored));
                if (fromEnd < WriterStates.FramesRemembered)
                    Assert.Equal(new StoredFrame(frame.Sequence, frame.BaseOffset, frame.EndOffset, frame.TimestampMs), stored);
            }
        }
    }

    /// <summary>Two rows; every fourth frame has no writer, the others take turns.</summary>
    private static Frame Encode(int number, TableSchema schema)
    {
        using var block = LogTable.Frame(number * 2, rows: 2, writer: number % (Writers + 1), sequence: number / (Writers + 1), textLength: 30, schema);
        return Assert.Single(LogTable.Frames(block));
    }
}
