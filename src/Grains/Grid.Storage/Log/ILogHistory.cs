using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>Rows of a bucket that its log does not have any more and that are kept elsewhere, under the same offsets and timestamps. Thread safe.</summary>
internal interface ILogHistory : IAsyncDisposable
{
    /// <summary>The first offset that is kept; null: nothing is.</summary>
    ValueTask<LogOffset?> FindStartAsync(CancellationToken cancellationToken);

    /// <summary>The offset of the first row that was committed at a time or later, among those below an offset; that offset where there is none.</summary>
    ValueTask<LogOffset> FindTimestampAsync(TableInfo table, long timestampMs, LogOffset below, CancellationToken cancellationToken);

    /// <summary>Frames from an offset on, as a fetch would answer them: a block that is the caller's, or null where rows were only passed over, and the offset behind.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.OffsetOutOfRange"/>: it has nothing there.</exception>
    ValueTask<(FrameBlock? Frames, LogOffset Next)> ReadAsync(FetchRequest request, TableInfo table, LogOffset from, CancellationToken cancellationToken);
}
