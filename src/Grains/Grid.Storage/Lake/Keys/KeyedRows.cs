using Apache.Arrow;

namespace Grid.Storage.Lake.Keys;

/// <summary>Gives the encoded key of a row; valid until the next call.</summary>
internal delegate ReadOnlySpan<byte> RowKey(int row);

/// <summary>Rows as a lake file has them, and their keys.</summary>
/// <param name="Batch">The rows.</param>
/// <param name="KeyOf">The key of each.</param>
/// <param name="Owner">What goes with them; null: nothing.</param>
internal sealed record KeyedRows(RecordBatch Batch, RowKey KeyOf, IDisposable? Owner = null) : IDisposable
{
    public int Count => Batch.Length;

    public void Dispose()
    {
        Batch.Dispose();
        Owner?.Dispose();
    }
}
