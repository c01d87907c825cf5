using Grid.Abstractions;
using Grid.Storage.Remote;

namespace Grid.Storage.Log;

/// <summary>What a bucket's log does not have any more, from its remote segments where they have it, else from its lake. Either may come later than the bucket was opened. It owns both.</summary>
internal sealed class LayeredHistory : ILogHistory
{
    private volatile RemoteHistory? _remote;
    private volatile ILogHistory? _lake;

    /// <summary>Whether there is any.</summary>
    public bool IsEmpty => _remote is null && _lake is null;

    /// <summary>Takes a layer that it lacks. One caller at a time.</summary>
    public void Add(Func<RemoteHistory?> remote, Func<ILogHistory?> lake)
    {
        _remote ??= remote();
        _lake ??= lake();
    }

    /// <inheritdoc/>
    public async ValueTask<LogOffset?> FindStartAsync(CancellationToken cancellationToken)
    {
        var remote = _remote is { } segments ? await segments.FindStartAsync(cancellationToken).ConfigureAwait(false) : null;
        var lake = _lake is { } files ? await files.FindStartAsync(cancellationToken).ConfigureAwait(false) : null;
        return remote is null || lake < remote ? lake : remote;
    }

    /// <inheritdoc/>
    public async ValueTask<LogOffset> FindTimestampAsync(TableInfo table, long timestampMs, LogOffset below, CancellationToken cancellationToken)
    {
        // What the lake finds below the remote segments' first row is earlier than anything that they have.
        var found = _remote is { } segments ? await segments.FindTimestampAsync(table, timestampMs, below, cancellationToken).ConfigureAwait(false) : below;
        if (_lake is not { } files || (_remote is { } remote && found > await remote.FindStartAsync(cancellationToken).ConfigureAwait(false)))
            return found;
        return await files.FindTimestampAsync(table, timestampMs, found, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<(FrameBlock? Frames, LogOffset Next)> ReadAsync(FetchRequest request, TableInfo table, LogOffset from, CancellationToken cancellationToken)
    {
        if (_remote is { } remote && (_lake is null || await remote.HasAsync(from, cancellationToken).ConfigureAwait(false)))
            return await remote.ReadAsync(request, table, from, cancellationToken).ConfigureAwait(false);
        return _lake is { } lake ? await lake.ReadAsync(request, table, from, cancellationToken).ConfigureAwait(false)
            : throw new GridException(GridErrorCode.OffsetOutOfRange, $"Offset {from} of {table.Path} is not in the log any more. Start at the earliest or the latest offset.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_remote is { } remote)
            await remote.DisposeAsync().ConfigureAwait(false);
        if (_lake is { } lake)
            await lake.DisposeAsync().ConfigureAwait(false);
    }
}
