using System.Buffers.Binary;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;
using Grid.Storage.Log;

namespace Grid.Storage.Lake.Reading;

/// <summary>
/// A bucket's rows that its log gave up and the lake has: fetches below the log's start are answered from here. The rows of the lake only grow, so that a list of files that was read once serves until an offset
/// behind it is asked for, or until one of its files is gone: compaction puts the same offsets into other files, and the old ones are deleted when no snapshot has them any more. Then the list is read again, and the read
/// goes on at its offset.
/// </summary>
internal sealed class LakeHistory(LakeTable lake, ILakeStore store, int bucket, LakeFramesOptions options, LakeCursors cursors) : ILogHistory
{
    private const long MicrosecondsPerMs = 1000;

    /// <summary>How often a read begins anew because a file is gone. A cursor that was put aside may be behind the list that is known, and that behind the table; a file that is gone afterwards as well is lost.</summary>
    private const int AnewMax = 3;

    private readonly SemaphoreSlim _reading = new(1);

    /// <summary>The bucket's partition; 0: the table has none.</summary>
    public PartitionId Partition { get; init; }

    private LakeBucketFiles? _files;

    /// <inheritdoc/>
    public async ValueTask<LogOffset?> FindStartAsync(CancellationToken cancellationToken) =>
        (Volatile.Read(ref _files) ?? await ReadFilesAsync(LogOffset.Zero, cancellationToken).ConfigureAwait(false))?.Start;

    /// <inheritdoc/>
    public async ValueTask<LogOffset> FindTimestampAsync(TableInfo table, long timestampMs, LogOffset below, CancellationToken cancellationToken)
    {
        for (var anew = 0; ; anew++)
        {
            if (await ReadFilesAsync(new LogOffset(Math.Max(0, below.Value - 1)), cancellationToken).ConfigureAwait(false) is not { } files)
                return below;
            try
            {
                return await FindTimestampAsync(files, table, timestampMs, below, cancellationToken).ConfigureAwait(false);
            }
            catch (GridException failure) when (LakeErrors.IsGone(failure) && anew < AnewMax)
            {
                Forget(files);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<(FrameBlock? Frames, LogOffset Next)> ReadAsync(FetchRequest request, TableInfo table, LogOffset from, CancellationToken cancellationToken)
    {
        var shape = LakeCursor.ShapeOf(request);
        for (var anew = 0; ; anew++)
        {
            var cursor = cursors.Take(this, from, shape) ?? await OpenAsync(request, table, from, shape, cancellationToken).ConfigureAwait(false);
            try
            {
                if (await cursor.NextAsync().ConfigureAwait(false) is not { } block)
                    throw Missing(from, table);
                var answer = (block.Frames, block.Next);
                await cursors.PutAsync(this, cursor).ConfigureAwait(false);
                return answer;
            }
            catch (GridException failure) when (LakeErrors.IsGone(failure) && anew < AnewMax)
            {
                // Nothing of the block was given away.
                await cursor.DisposeAsync().ConfigureAwait(false);
                Forget(cursor.Files);
            }
            catch
            {
                await cursor.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await cursors.CloseAsync(this).ConfigureAwait(false);
        _reading.Dispose();
    }

    private static long UpperTimestamp(LakeFile file) =>
        file.UpperBounds.TryGetValue(LakeColumns.Timestamp.Id.Value, out var bound) && bound.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(bound.AsSpan()) : long.MaxValue;

    private static LogOffset? FindFrame(ReadOnlyMemory<byte> frames, long timestampMs)
    {
        var reader = new FrameReader(frames);
        while (reader.Read())
            if (reader.Current.Header.TimestampMs >= timestampMs)
                return reader.Current.Header.BaseOffset;
        return null;
    }

    private async Task<LogOffset> FindTimestampAsync(LakeBucketFiles files, TableInfo table, long timestampMs, LogOffset below, CancellationToken cancellationToken)
    {
        // Commit times never fall within a bucket: the first file that reaches the time has the row, if it has any.
        for (var i = 0; i < files.Count; i++)
        {
            if (UpperTimestamp(files[i].File) / MicrosecondsPerMs < timestampMs)
                continue;
            var request = new FetchRequest { Offset = LogOffset.Zero, Project = true, Columns = [], SchemaVersion = table.Schema.Version };
            await foreach (var block in new LakeFrames(store, bucket, options).ReadAsync(files, files[i].Start, table, request, cancellationToken).ConfigureAwait(false))
                using (block.Frames)
                    if (block.Frames is { } frames && FindFrame(frames.Memory, timestampMs) is { } found)
                        return found < below ? found : below;
        }

        return below;
    }

    private async Task<LakeCursor> OpenAsync(FetchRequest request, TableInfo table, LogOffset from, string shape, CancellationToken cancellationToken)
    {
        var files = await ReadFilesAsync(from, cancellationToken).ConfigureAwait(false) ?? throw Missing(from, table);
        if (files.Find(from) < 0)
            throw Missing(from, table);
        // Goes on after this call; what its caller's giving up ends is this call alone.
        return new LakeCursor(files, new LakeFrames(store, bucket, options).ReadAsync(files, from, table, request, CancellationToken.None).GetAsyncEnumerator(CancellationToken.None), from, shape);
    }

    /// <summary>The bucket's files, read again where those that are known end before an offset; null: there are none.</summary>
    private async Task<LakeBucketFiles?> ReadFilesAsync(LogOffset from, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _files) is { } known && from < known.End)
            return known;
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_files is { } read && from < read.End)
                return read;
            if (await lake.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } state)
                return null;
            var files = new List<LakeFile>();
            await foreach (var file in lake.ListFilesAsync(state, bucket, cancellationToken).ConfigureAwait(false))
                if (LakeFolders.IsOf(Partition, file.Location))
                    files.Add(file);
            return files.Count == 0 ? null : _files = LakeBucketFiles.Of(files);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>One of the files is gone. A list that was read since then stays.</summary>
    private void Forget(LakeBucketFiles files) => Interlocked.CompareExchange(ref _files, null, files);

    private GridException Missing(LogOffset from, TableInfo table) =>
        new(GridErrorCode.OffsetOutOfRange, $"Offset {from} of bucket {table.Bucket(Partition, bucket)} is neither in the log nor in the lake. Start at the earliest or the latest offset.");
}
