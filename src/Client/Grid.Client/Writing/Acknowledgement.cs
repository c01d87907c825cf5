using Grid.Abstractions;

namespace Grid.Client.Writing;

/// <summary>Whoever waits for rows to be acknowledged.</summary>
internal abstract class Acknowledgement
{
    /// <summary>Rows of one frame landed.</summary>
    /// <param name="frame">Where the whole frame landed.</param>
    /// <param name="firstRow">Their place in the frame.</param>
    /// <param name="rows">How many.</param>
    public abstract void Succeed(Landed frame, int firstRow, int rows);

    /// <summary>Rows were refused, or their outcome is unknown.</summary>
    public abstract void Fail(Exception failure, int rows);
}

/// <summary>Where a frame landed.</summary>
internal readonly record struct Landed(int Bucket, LogOffset BaseOffset, LogOffset EndOffset, long TimestampMs, bool IsChangelog)
{
    public PartitionId Partition { get; init; }

    public DateTimeOffset Timestamp => DateTimeOffset.FromUnixTimeMilliseconds(TimestampMs);
}

/// <summary>One row.</summary>
internal sealed class RowAcknowledgement : Acknowledgement
{
    private readonly TaskCompletionSource<WrittenRow> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<WrittenRow> Task => _source.Task;

    public override void Succeed(Landed frame, int firstRow, int rows) =>
        _source.TrySetResult(new WrittenRow(frame.Bucket, frame.IsChangelog ? frame.EndOffset : frame.BaseOffset + firstRow, frame.Timestamp) { Partition = frame.Partition });

    public override void Fail(Exception failure, int rows) => _source.TrySetException(failure);
}

/// <summary>A batch, which may be spread over frames and buckets.</summary>
internal sealed class BatchAcknowledgement : Acknowledgement
{
    private readonly Lock _lock = new();
    private readonly List<WrittenRange> _ranges = [];
    private readonly TaskCompletionSource<WriteResult> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private long _rows;
    private long _open = long.MaxValue;

    public Task<WriteResult> Task => _source.Task;

    /// <summary>Says how many rows there are in all, once they were all handed over.</summary>
    public void Expect(long rows) => Settle(rows - long.MaxValue, failure: null);

    public override void Succeed(Landed frame, int firstRow, int rows)
    {
        lock (_lock)
        {
            _rows += rows;
            _ranges.Add(frame.IsChangelog
                ? new WrittenRange(frame.Bucket, frame.BaseOffset, frame.EndOffset, frame.Timestamp) { Partition = frame.Partition }
                : new WrittenRange(frame.Bucket, frame.BaseOffset + firstRow, frame.BaseOffset + (firstRow + rows), frame.Timestamp) { Partition = frame.Partition });
        }

        Settle(-rows, failure: null);
    }

    public override void Fail(Exception failure, int rows) => Settle(-rows, failure);

    private void Settle(long change, Exception? failure)
    {
        WriteResult result;
        lock (_lock)
        {
            _failure ??= failure;
            _open += change;
            if (_open != 0)
                return;
            result = new WriteResult(_rows, [.. _ranges.OrderBy(r => r.Partition).ThenBy(r => r.Bucket).ThenBy(r => r.BaseOffset)]);
        }

        if (_failure is not null)
            _source.TrySetException(_failure);
        else
            _source.TrySetResult(result);
    }
}
