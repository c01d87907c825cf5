using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Reading;

/// <summary>Turns a decoded frame into the batch that the caller gets: rows outside the range and rows that don't match go, columns of the filter too.</summary>
internal static class FrameRows
{
    /// <summary>The rows of a frame from <paramref name="from"/> on and below <paramref name="end"/> that match; null where there are none.
    /// Takes <paramref name="decoded"/> over, which holds the memory of <paramref name="fetched"/>.</summary>
    public static GridBatch? Take(ReadPlan plan, RecordBatch fetched, RecordBatch decoded, FrameHeader header, int bucket, LogOffset from, LogOffset end, FrameBlock block)
    {
        var batch = Take(plan, fetched, header, bucket, from, end, block, decoded);
        if (batch is null || batch.Distances is not null)
            decoded.Dispose();
        return batch;
    }

    private static GridBatch? Take(ReadPlan plan, RecordBatch fetched, FrameHeader header, int bucket, LogOffset from, LogOffset end, FrameBlock block, RecordBatch decoded)
    {
        var first = (int)Math.Clamp(from - header.BaseOffset, 0, header.RowCount);
        var last = (int)Math.Clamp(end - header.BaseOffset, first, header.RowCount);
        if (first == last)
            return null;

        var hasKinds = header.Flags.HasFlag(FrameFlags.ChangeKinds);
        var rows = last - first == fetched.Length ? fetched : fetched.Slice(first, last - first);
        int[]? matching = null;
        if (plan.Evaluator is not null)
        {
            matching = plan.Evaluator.Select(rows, plan.Fetched);
            if (matching.Length == 0)
                return null;
            if (matching.Length == rows.Length)
                matching = null;
        }

        var wanted = Columns(rows, 0, plan.WantedCount);
        var kinds = hasKinds ? rows.Column(rows.ColumnCount - 1) : null;
        var picked = matching is not null;
        if (matching is not null)
        {
            // Picked rows lie in memory of their own.
            wanted = BatchBuffer.Pick(wanted, matching);
            kinds = kinds is null ? null : BatchBuffer.Pick(Columns(rows, rows.ColumnCount - 1, 1), matching).Column(0);
        }
        else if (!block.TryRetain())
        {
            throw new InvalidOperationException("An answer's block was given back while it was read.");
        }

        return new GridBatch(wanted, bucket, header.BaseOffset + first, header.BaseOffset + last, header.TimestampMs, picked ? null : block, picked ? null : decoded)
        {
            ChangeKinds = (Int8Array?)kinds,
            Distances = matching,
        };
    }

    /// <summary>Some columns of a batch, next to each other.</summary>
    public static RecordBatch Columns(RecordBatch batch, int first, int count)
    {
        if (first == 0 && count == batch.ColumnCount)
            return batch;
        var arrays = new IArrowArray[count];
        var fields = new Field[count];
        for (var i = 0; i < count; i++)
        {
            arrays[i] = batch.Column(first + i);
            fields[i] = batch.Schema.FieldsList[first + i];
        }

        return new RecordBatch(new Apache.Arrow.Schema(fields, null), arrays, batch.Length);
    }
}
