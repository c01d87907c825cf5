using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Lake.Reading;

/// <summary>
/// Makes frames of rows: each of one commit timestamp and of about the bytes that are asked for, stamped as the log stamps its own. What a leader or a writer gave to the
/// frames that the rows came in (epoch, writer, sequence) is not in the lake and is 0. One caller at a time.
/// </summary>
internal sealed class RowFramer(LakeFramesPlan plan, int bytesMax) : IDisposable
{
    private readonly FrameEncoder _encoder = new(new FrameEncoderOptions { Compression = plan.Compression });

    /// <summary>The frame that begins with a row, in a block that the caller owns.</summary>
    /// <exception cref="GridException">As <see cref="FrameEncoder.Encode"/>; rows that came from frames fit into one.</exception>
    public FrameBlock Encode(LakeRows rows, int first, out int end)
    {
        end = first + Fitting(rows, first, Math.Min(rows.EndOfTime(first) - first, FrameHeader.RowCountMax));
        var arrays = new IArrowArray[rows.Columns];
        for (var i = 0; i < arrays.Length; i++)
            arrays[i] = ArrowArrayFactory.BuildArray(rows.Column(i).Slice(first, end - first));
        var block = _encoder.Encode(new RecordBatch(plan.Arrow, arrays, end - first), plan.Schema, plan.FrameColumns, FrameFlags.None, default, sequence: 0);
        Stamp(block.WritableMemory.Span, rows.BaseOffset + first, rows.TimestampMs(first));
        return block;
    }

    public void Dispose() => _encoder.Dispose();

    // The header has a hash of its own, the message's does not cover it.
    private static void Stamp(Span<byte> frame, LogOffset offset, long timestampMs)
    {
        var error = FrameHeader.TryRead(frame, out var header);
        if (error != FrameHeaderError.None)
            throw new InvalidOperationException($"The encoder wrote a header that does not read: {error}.");
        (header with { BaseOffset = offset, TimestampMs = timestampMs }).Write(frame);
    }

    /// <summary>How many of the rows fit: at least one; else nearly as many as could.</summary>
    private int Fitting(LakeRows rows, int first, int count)
    {
        var bytes = Bytes(rows, first, count);
        if (bytes <= bytesMax || count == 1)
            return count;
        // Rows of one size need two guesses, others a search.
        var guess = Math.Clamp((int)(count * (long)bytesMax / bytes), 1, count - 1);
        var (fits, tooMany) = (1, count);
        for (var middle = guess; tooMany - fits > 1 + (fits / 8);)
        {
            if (Bytes(rows, first, middle) <= bytesMax)
                fits = middle;
            else
                tooMany = middle;
            middle = fits == guess && tooMany == count ? Math.Min(fits + (fits / 8) + 1, tooMany - 1) : (fits + tooMany) / 2;
        }

        return fits;
    }

    private static long Bytes(LakeRows rows, int first, int count)
    {
        var bytes = 0L;
        for (var i = 0; i < rows.Columns; i++)
            bytes += ArrayBytes.Of(rows.Column(i), first, count);
        return bytes;
    }
}
