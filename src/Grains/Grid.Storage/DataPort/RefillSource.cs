using Grid.Abstractions;
using Grid.Storage.Files;
using Grid.Storage.Kv;
using Grid.Storage.Log;

namespace Grid.Storage.DataPort;

/// <summary>
/// The files of a bucket that another node can open as its own: a checkpoint of the shard, the sealed segments, and of the first one that is not sealed, or that
/// reaches above the high watermark, what lies below it.
/// <para>
/// The order makes them fit. The checkpoint comes first; what it has applied is below the high watermark that is read after it, so the log that is sent reaches
/// at least as far as the shard. Rolls under way are waited for in between, so every segment that was full at the checkpoint is sealed and goes whole.
/// </para>
/// </summary>
internal sealed class RefillSource(BucketLog log, KeyValueShard? shard, IFileStore files, string checkpointFolder) : IDataSource
{
    public Task WriteAsync(DataPortOutput output, CancellationToken cancellationToken) =>
        Task.Run(() => SendAsync(output, cancellationToken), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task SendAsync(DataPortOutput output, CancellationToken cancellationToken)
    {
        try
        {
            var applied = shard?.CreateCheckpoint(checkpointFolder);
            log.Settle();
            var (segments, endOffset) = ListSegments();
            var tables = applied is null ? [] : ListCheckpoint();
            var bytes = segments.Sum(static part => part.Length) + tables.Sum(static table => table.Length);

            var set = new FileSetWriter(output);
            await set.BeginAsync(new FileSetHead(segments.Count + tables.Count, bytes, endOffset, applied)).ConfigureAwait(false);
            foreach (var (segment, length) in segments)
                await SendSegmentAsync(set, segment, length, cancellationToken).ConfigureAwait(false);
            foreach (var table in tables)
            {
                using var file = files.Open(table.FullName);
                await set.AddAsync(FileSetFolder.Kv, table.Name, table.Length, file, cancellationToken).ConfigureAwait(false);
            }

            await set.EndAsync().ConfigureAwait(false);
        }
        finally
        {
            if (shard is not null)
                files.DeleteDirectory(checkpointFolder);
        }
    }

    private static async Task SendSegmentAsync(FileSetWriter set, Segment segment, long length, CancellationToken cancellationToken)
    {
        IFile file;
        try
        {
            file = segment.Acquire();
        }
        catch (FileNotFoundException gone)
        {
            throw new GridException(GridErrorCode.StorageFailed, $"Retention deleted {segment.Path} before it was sent; ask for the files again.", gone);
        }

        try
        {
            await set.AddAsync(FileSetFolder.Log, SegmentName.Of(segment.BaseOffset), length, file, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            segment.Release();
        }
    }

    private (List<(Segment Segment, long Length)> Parts, LogOffset EndOffset) ListSegments()
    {
        var highWatermark = log.HighWatermark;
        List<(Segment, long)> parts = [];
        foreach (var segment in log.Segments)
        {
            if (segment.IsSealed && segment.EndOffset <= highWatermark)
            {
                parts.Add((segment, segment.FileBytes));
                continue;
            }

            // Frames end where the high watermark is: the mark there has the byte where they do.
            var marks = segment.Index.Marks;
            var mark = marks[Math.Max(0, FrameIndex.FindOffset(marks, highWatermark))];
            parts.Add((segment, mark.Position));
            return (parts, new LogOffset(mark.BaseOffset));
        }

        return (parts, parts.Count > 0 ? parts[^1].Item1.EndOffset : LogOffset.Zero);
    }

    private List<FileInfo> ListCheckpoint() =>
        [.. new DirectoryInfo(checkpointFolder).GetFiles()
            .Where(static file => file.Name is not "LOCK" && !file.Name.StartsWith("LOG", StringComparison.Ordinal))
            .OrderBy(static file => file.Name, StringComparer.Ordinal)];
}
