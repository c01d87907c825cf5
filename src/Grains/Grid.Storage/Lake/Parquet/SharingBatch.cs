using Apache.Arrow;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// A batch whose arrays share memory that others own, and whose disposal is theirs: its own arrays are not disposed, which would give back native
/// buffers a second time.
/// </summary>
internal sealed class SharingBatch(Schema schema, IEnumerable<IArrowArray> arrays, int rows, IDisposable source, IDisposable? more = null) : RecordBatch(schema, arrays, rows)
{
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing: false); // nothing of its own
        if (!disposing)
            return;
        source.Dispose();
        more?.Dispose();
    }
}
