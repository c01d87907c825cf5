using System.Buffers;
using Apache.Arrow;

namespace Grid.Abstractions;

/// <summary>
/// A batch whose decompressed buffers lie in one rented array, which <see cref="RecordBatch.Dispose()"/> returns: its arrays, slices of them and
/// whatever shares them must not be used afterwards. A batch that is never disposed leaves the array to the garbage collector.
/// </summary>
internal sealed class DecodedBatch(Apache.Arrow.Schema schema, IArrowArray[] arrays, int length, byte[] rented) : RecordBatch(schema, arrays, length)
{
    private byte[]? _rented = rented;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && Interlocked.Exchange(ref _rented, null) is { } rented)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
