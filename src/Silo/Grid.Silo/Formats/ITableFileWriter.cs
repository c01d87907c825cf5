using Apache.Arrow;

namespace Grid.Silo.Formats;

/// <summary>Writes a file of rows, one format an implementation. A file that was not completed is not a file of rows; the caller deletes it.</summary>
internal interface ITableFileWriter : IAsyncDisposable
{
    /// <summary>Adds rows; the batch stays the caller's.</summary>
    Task WriteAsync(RecordBatch batch, CancellationToken cancellationToken);

    /// <summary>Writes what the format needs at the end.</summary>
    Task CompleteAsync(CancellationToken cancellationToken);
}
