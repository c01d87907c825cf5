using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Tests.Log;

/// <summary>Frames that a log had before retention took them, one a read.</summary>
internal sealed class KeptFrames(IReadOnlyList<Frame> frames) : ILogHistory
{
    public int Reads { get; private set; }

    public ValueTask<LogOffset?> FindStartAsync(CancellationToken cancellationToken) => ValueTask.FromResult(frames.Count == 0 ? (LogOffset?)null : frames[0].Header.BaseOffset);

    public ValueTask<LogOffset> FindTimestampAsync(TableInfo table, long timestampMs, LogOffset below, CancellationToken cancellationToken) =>
        ValueTask.FromResult(frames.FirstOrDefault(frame => frame.Header.TimestampMs >= timestampMs && frame.Header.BaseOffset < below) is { Message.IsEmpty: false } found ? found.Header.BaseOffset : below);

    public ValueTask<(FrameBlock? Frames, LogOffset Next)> ReadAsync(FetchRequest request, TableInfo table, LogOffset from, CancellationToken cancellationToken)
    {
        Reads++;
        var frame = frames.First(kept => kept.Header.EndOffset > from);
        var block = FrameBlock.Rent(frame.Header.FrameLength);
        frame.Header.Write(block.WritableMemory.Span);
        frame.Message.CopyTo(block.WritableMemory[(block.Length - frame.Message.Length)..]);
        return ValueTask.FromResult(((FrameBlock?)block, frame.Header.EndOffset));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
