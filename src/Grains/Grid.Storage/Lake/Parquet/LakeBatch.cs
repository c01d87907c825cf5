using Apache.Arrow;

namespace Grid.Storage.Lake.Parquet;

/// <summary>Rows of a lake file, for the caller to dispose.</summary>
/// <param name="Rows">The columns asked for.</param>
/// <param name="FirstRow">The first one's position in the file, which is what position deletes name.</param>
internal sealed record LakeBatch(RecordBatch Rows, long FirstRow) : IDisposable
{
    public void Dispose() => Rows.Dispose();
}
