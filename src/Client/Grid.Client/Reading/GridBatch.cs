using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>
/// Rows of one bucket, as columns. The arrays may lie in pooled memory: they are valid until the batch is disposed. A batch that is never
/// disposed is safe, too; its memory then goes to the garbage collector instead of the pool.
/// </summary>
public sealed class GridBatch : IDisposable
{
    private readonly FrameBlock? _memory;
    private RecordBatch? _decoded;

    /// <summary>Takes over a reference to the frame and the batch decoded from it, where the rows lie in their memory; null: in their own.</summary>
    internal GridBatch(RecordBatch rows, int bucket, LogOffset baseOffset, LogOffset endOffset, long timestampMs, FrameBlock? memory, RecordBatch? decoded)
    {
        Rows = rows;
        Bucket = bucket;
        BaseOffset = baseOffset;
        EndOffset = endOffset;
        Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(timestampMs);
        _memory = memory;
        _decoded = decoded;
    }

    /// <summary>The rows: the columns asked for, in that order; in a change stream without the change kinds, which are in <see cref="ChangeKinds"/>.</summary>
    public RecordBatch Rows { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount => Rows.Length;

    /// <summary>The bucket's number.</summary>
    public int Bucket { get; }

    /// <summary>The bucket's partition; 0 where the table has none.</summary>
    public PartitionId Partition { get; internal set; }

    /// <summary>Log reads: the offset of the first row of the frame part read. Snapshot reads: the offset that the snapshot is consistent with.</summary>
    public LogOffset BaseOffset { get; }

    /// <summary>Log reads: the offset to go on with after this batch; filtered rows are counted. Snapshot reads: as <see cref="BaseOffset"/>.</summary>
    public LogOffset EndOffset { get; }

    /// <summary>Log reads: the commit timestamp of the rows, UTC. Snapshot reads: 1970-01-01.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>Whether the batch comes from a snapshot of a primary-key table: rows as they are, not changes.</summary>
    public bool IsSnapshot { get; init; }

    /// <summary>Change streams: one change kind a row, as the numbers of <see cref="ChangeKind"/>; null where every row is an insert.</summary>
    public Int8Array? ChangeKinds { get; init; }

    /// <summary>Log reads with a filter: each row's distance from <see cref="BaseOffset"/>; null where row i has the offset BaseOffset + i.</summary>
    internal int[]? Distances { get; init; }

    /// <summary>The change kind of row <paramref name="row"/>, from 0.</summary>
    public ChangeKind KindOf(int row) => ChangeKinds is { } kinds ? (ChangeKind)kinds.Values[row] : ChangeKind.Insert;

    /// <summary>The offset of row <paramref name="row"/>, from 0, in a log read; rows removed by a filter leave gaps.</summary>
    public LogOffset OffsetOf(int row) => IsSnapshot ? BaseOffset : BaseOffset + (Distances is { } distances ? distances[row] : row);

    /// <summary>Gives the memory back. The arrays must not be used afterwards.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _decoded, null) is { } decoded)
        {
            decoded.Dispose();
            _memory?.Dispose();
        }
    }
}
