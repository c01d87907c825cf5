using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>
/// Encodes the rows of an open batch as frames of about the size wanted, learning how well they compress. One caller at a time.
/// </summary>
internal sealed class FrameSealer(TableHandle table, int frameBytes) : IDisposable
{
    /// <summary>Frames are aimed a little below the size wanted: one that comes out larger than a call may be is encoded again in halves.</summary>
    private const double Aim = 0.85;

    /// <summary>Weight of the newest frame in the ratio learned.</summary>
    private const double Weight = 0.3;

    private const double RatioLeast = 1.0 / 64;

    private readonly FrameEncoder _encoder = new(FrameUpgrade.EncoderOptions(table.Info));
    private double _ratio = 1;

    /// <summary>Bytes of rows in memory that make a frame of the size wanted.</summary>
    public long RawTarget => (long)(frameBytes * Aim / Volatile.Read(ref _ratio));

    /// <summary>Encodes all rows of a batch. Rows that cannot be encoded fail; the others become frames, in order.</summary>
    public List<PendingFrame> Seal(OpenBatch batch)
    {
        var frames = new List<PendingFrame>();
        RecordBatch rows;
        TableSchema schema;
        try
        {
            (rows, schema) = FrameUpgrade.ToNewest(table, batch.Build(), batch.Layout.Schema);
        }
        catch (GridException refusal)
        {
            frames.Add(Refused(batch, [.. batch.Segments], refusal, batch.Bytes));
            Settle(batch, frames);
            return frames;
        }

        var bytesPerRow = Math.Max(1.0, (double)batch.Bytes / rows.Length);
        var flags = batch.Layout.ChangeColumn is not null && batch.HasDeletes ? FrameFlags.ChangeKinds : FrameFlags.None;
        for (var start = 0; start < rows.Length;)
        {
            var left = rows.Length - start;
            var count = (int)Math.Clamp(RawTarget / bytesPerRow, 1, Math.Min(left, FrameHeader.RowCountMax));
            if (left - count < count / 4 && left <= FrameHeader.RowCountMax)
                count = left; // no tiny frame at the end
            Seal(batch, rows, schema, flags, start, count, bytesPerRow, frames);
            start += count;
        }

        Settle(batch, frames);
        return frames;
    }

    public void Dispose() => _encoder.Dispose();

    private void Seal(OpenBatch batch, RecordBatch rows, TableSchema schema, FrameFlags flags, int start, int count, double bytesPerRow, List<PendingFrame> frames)
    {
        var segments = Segments(batch.Segments, start, count);
        FrameBlock block;
        try
        {
            block = _encoder.Encode(start == 0 && count == rows.Length ? rows : rows.Slice(start, count), schema, batch.Layout.Targets, flags, default, 0);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.TooLarge && count > 1)
        {
            SealHalves(batch, rows, schema, flags, start, count, bytesPerRow, frames);
            return;
        }
        catch (GridException refusal)
        {
            frames.Add(Refused(batch, segments, refusal, (long)(bytesPerRow * count)));
            return;
        }

        var raw = bytesPerRow * count;
        if (count > 16)
            Volatile.Write(ref _ratio, Math.Max(RatioLeast, ((1 - Weight) * _ratio) + (Weight * block.Length / raw)));
        if (block.Length > GridLimits.CallBytesMax && count > 1)
        {
            block.Dispose();
            SealHalves(batch, rows, schema, flags, start, count, bytesPerRow, frames);
            return;
        }

        frames.Add(new PendingFrame { Block = block, Layout = batch.Layout, Segments = segments, BudgetBytes = (long)raw });
    }

    /// <summary>Hands the budget's bytes and the epochs' counts over from the batch to its frames, to the last one exactly.</summary>
    private static void Settle(OpenBatch batch, List<PendingFrame> frames)
    {
        var bytes = batch.Bytes;
        for (var i = 0; i < frames.Count; i++)
        {
            frames[i].BudgetBytes = i == frames.Count - 1 ? bytes : Math.Min(bytes, frames[i].BudgetBytes);
            bytes -= frames[i].BudgetBytes;
            foreach (var segment in frames[i].Segments)
                segment.Epoch.Enter();
        }

        foreach (var segment in batch.Segments)
            segment.Epoch.Exit(null);
    }

    private void SealHalves(OpenBatch batch, RecordBatch rows, TableSchema schema, FrameFlags flags, int start, int count, double bytesPerRow, List<PendingFrame> frames)
    {
        Seal(batch, rows, schema, flags, start, count / 2, bytesPerRow, frames);
        Seal(batch, rows, schema, flags, start + (count / 2), count - (count / 2), bytesPerRow, frames);
    }

    private static PendingFrame Refused(OpenBatch batch, RowSegment[] segments, GridException refusal, long bytes) =>
        new() { Block = FrameBlock.Wrap([]), Layout = batch.Layout, Segments = segments, BudgetBytes = bytes, Refusal = refusal };

    /// <summary>The segments that lie in a run of rows, with their places in it.</summary>
    private static RowSegment[] Segments(List<RowSegment> all, int start, int count)
    {
        var cut = new List<RowSegment>();
        foreach (var segment in all)
        {
            var first = Math.Max(segment.FirstRow, start);
            var end = Math.Min(segment.FirstRow + segment.Rows, start + count);
            if (first < end)
                cut.Add(segment with { FirstRow = first - start, Rows = end - first });
        }

        return [.. cut];
    }
}
