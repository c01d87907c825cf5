using System.Numerics;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Lake.Reading;

/// <summary>Rows of a lake file that are where they should be: of their bucket, at the offsets that their places in the file give, committed at times that frames can have.
/// Valid while the batch is.</summary>
internal sealed class LakeRows
{
    private const long MicrosecondsPerMs = 1000;

    private readonly RecordBatch _batch;
    private readonly TimestampArray _timestamps;

    private LakeRows(RecordBatch batch, int columns, LogOffset baseOffset, TimestampArray timestamps)
    {
        _batch = batch;
        _timestamps = timestamps;
        Columns = columns;
        BaseOffset = baseOffset;
    }

    /// <summary>How many columns of the table there are.</summary>
    public int Columns { get; }

    /// <summary>The first row's offset.</summary>
    public LogOffset BaseOffset { get; }

    /// <summary>How many there are.</summary>
    public int Count => _batch.Length;

    /// <summary>Checks a batch whose last columns are bucket, offset and timestamp.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, with the file, the row and the value.</exception>
    public static LakeRows Check(LakeBatch batch, LakeBucketFile file, int bucket)
    {
        var columns = batch.Rows.ColumnCount - 3;
        var buckets = (Int32Array)Required(LakeColumns.Bucket, batch, columns, file);
        var offsets = (Int64Array)Required(LakeColumns.Offset, batch, columns + 1, file);
        var timestamps = (TimestampArray)Required(LakeColumns.Timestamp, batch, columns + 2, file);

        var other = buckets.Values.IndexOfAnyExcept(bucket);
        if (other >= 0)
            throw Damaged(file, batch, other, $"has bucket {buckets.Values[other]} and belongs to {bucket}");
        var first = file.Start + batch.FirstRow;
        other = FirstNotRising(offsets.Values, first.Value);
        if (other >= 0)
            throw Damaged(file, batch, other, $"has offset {offsets.Values[other]} where {first + other} belongs");
        var rows = new LakeRows(batch.Rows, columns, first, timestamps);
        for (var row = 0; row < rows.Count; row = rows.EndOfTime(row))
        {
            if (timestamps.Values[row] is var time && (time < 0 || time % MicrosecondsPerMs != 0))
                throw Damaged(file, batch, row, $"has timestamp {time} in microseconds; it should be whole milliseconds from 0 on");
        }

        return rows;
    }

    /// <summary>A column.</summary>
    public ArrayData Column(int index) => _batch.Column(index).Data;

    /// <summary>When a row was committed.</summary>
    public long TimestampMs(int row) => _timestamps.Values[row] / MicrosecondsPerMs;

    /// <summary>The row after the last one that was committed at the same time, without a break.</summary>
    public int EndOfTime(int row)
    {
        var times = _timestamps.Values[row..];
        var other = times.IndexOfAnyExcept(times[0]);
        return other < 0 ? Count : row + other;
    }

    /// <summary>The first value that is not its index more than <paramref name="first"/>; -1: none.</summary>
    private static int FirstNotRising(ReadOnlySpan<long> values, long first)
    {
        var i = 0;
        var expected = Vector.CreateSequence(first, 1L);
        var step = new Vector<long>(Vector<long>.Count);
        for (; i + Vector<long>.Count <= values.Length && new Vector<long>(values[i..]) == expected; i += Vector<long>.Count)
            expected += step;
        for (; i < values.Length; i++)
            if (values[i] != first + i)
                return i;
        return -1;
    }

    // A file that lacks the column reads as nulls.
    private static IArrowArray Required(Column column, LakeBatch batch, int index, LakeBucketFile file)
    {
        var array = batch.Rows.Column(index);
        return array.NullCount == 0 ? array : throw Damaged(file, batch, 0, $"or one behind it has no {column.Name}");
    }

    private static GridException Damaged(LakeBucketFile file, LakeBatch batch, int row, string problem) =>
        LakeErrors.Damaged($"row {batch.FirstRow + row} of {file.File.Location} {problem}");
}
