using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Reads a file of rows, one format an implementation. One reader at a time; a batch is the caller's to dispose.</summary>
internal interface ITableFileReader : IDisposable
{
    /// <summary>The columns as Grid types, in file order.</summary>
    IReadOnlyList<Column> Columns { get; }

    /// <summary>The number of rows, where the file says it without being read.</summary>
    long? Rows { get; }

    /// <summary>Reads from the beginning to the end.</summary>
    IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken);
}
