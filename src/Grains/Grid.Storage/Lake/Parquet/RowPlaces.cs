using System.Buffers;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Parquet;

/// <summary>Offset and timestamp of each row of a frame, in one rented array: two columns of 8 bytes, one behind the other. Disposed once, by the batch that has them.</summary>
internal sealed class RowPlaces(int rows) : IDisposable
{
    private const long MicrosecondsPerMs = 1000;

    private readonly byte[] _rented = ArrayPool<byte>.Shared.Rent(2 * rows * sizeof(long));
    private bool _returned;

    /// <summary>Rising from the frame's base offset.</summary>
    public IArrowArray Offsets(LogOffset first, IArrowType type)
    {
        var bytes = _rented.AsMemory(0, rows * sizeof(long));
        var offsets = MemoryMarshal.Cast<byte, long>(bytes.Span);
        for (var i = 0; i < offsets.Length; i++)
            offsets[i] = first.Value + i;
        return Array(bytes, type);
    }

    /// <summary>The frame's commit timestamp in every row, in microseconds.</summary>
    public IArrowArray Timestamps(long timestampMs, IArrowType type)
    {
        var bytes = _rented.AsMemory(rows * sizeof(long), rows * sizeof(long));
        MemoryMarshal.Cast<byte, long>(bytes.Span).Fill(timestampMs * MicrosecondsPerMs);
        return Array(bytes, type);
    }

    public void Dispose()
    {
        if (_returned)
            return;
        _returned = true;
        ArrayPool<byte>.Shared.Return(_rented);
    }

    private IArrowArray Array(ReadOnlyMemory<byte> values, IArrowType type) =>
        ArrowArrayFactory.BuildArray(new ArrayData(type, rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(values)], null));
}
