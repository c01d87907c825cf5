using System.Buffers.Binary;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tiering;

namespace Grid.Storage.Lake.Compaction;

/// <summary>
/// Writes small files of a bucket into one, the same rows in the same order at the same offsets, as Arrow batches that are never turned into rows; who asked for it commits that. Files of an older schema come out in the
/// newest: columns that are missing get their defaults, those that were dropped go. One at a time on a node, in the turns that tiering leaves (<see cref="WriterTurns"/>). Memory: the compressed chunks of a row group that is
/// read, a batch, the row group that is written, and two pieces of an upload, however large the files are. Thread safe.
/// </summary>
internal sealed class BucketCompaction(ILakeStore store, WriterTurns turns, TierOptions options)
{
    private static readonly LakeFramesOptions Reading = new();

    /// <summary>Writes the file. Nobody refers to it yet; where it fails, what the store may have of it is an orphan.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: a file's bytes or rows are not what they should be; <see cref="GridErrorCode.StorageFailed"/>; a file is gone
    /// (<see cref="LakeErrors.IsGone"/>).</exception>
    public async Task<LakeFile> RunAsync(CompactionTask task, CancellationToken cancellationToken)
    {
        await turns.WaitCompactionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Check(await WriteAsync(task, cancellationToken).ConfigureAwait(false), task);
        }
        finally
        {
            turns.ReleaseCompaction();
        }
    }

    private Task<LakeFile> WriteAsync(CompactionTask task, CancellationToken cancellationToken)
    {
        var name = $"{task.Folder}/data/{LakeFolders.OfBucket(task.Bucket)}/{task.Files[0].Start.Value:D20}-{Guid.NewGuid():N}.parquet";
        return LakeUpload.RunAsync(
            store,
            name,
            async (stream, token) =>
            {
                var schema = LakeColumns.Extend(task.Table.Schema);
                using var writer = new LakeFileWriter(stream, schema, options.Writer);
                foreach (var file in task.Files)
                    await AddAsync(writer, schema, file, task.Bucket, token).ConfigureAwait(false);
                return writer.Close($"{store.Root}/{name}", task.Files[0].File.Partition);
            },
            cancellationToken);
    }

    private async Task AddAsync(LakeFileWriter writer, TableSchema schema, LakeBucketFile file, int bucket, CancellationToken cancellationToken)
    {
        using var stream = new LakeFileStream(store, store.NameOf(file.File.Location), file.File.Bytes, Reading.ReadAheadBytes, cancellationToken);
        using var reader = await LakeFileReader.OpenAsync(
            stream, new LakeReadOptions { BatchRows = Reading.BatchRows, FooterBytesMax = Reading.FooterBytesMax }, cancellationToken).ConfigureAwait(false);
        var next = file.Start;
        await foreach (var batch in reader.ReadAsync(schema, columns: null, cancellationToken).ConfigureAwait(false))
            using (batch)
            {
                // Each row is where its place in the file says, so that none is lost or doubled where files meet.
                next += LakeRows.Check(batch, file, bucket).Count;
                writer.Write(batch.Rows);
            }

        if (next != file.End)
            throw LakeErrors.Damaged($"{file.File.Location} ends before offset {next}; its manifest says {file.End}");
    }

    /// <summary>What was written has what was read: the files that it replaces are deleted some day.</summary>
    private static LakeFile Check(LakeFile written, CompactionTask task)
    {
        var (lower, upper) = (OffsetOf(written.LowerBounds), OffsetOf(written.UpperBounds));
        return written.Rows == task.Rows && lower == task.Files[0].Start.Value && upper == task.Files[^1].End.Value - 1 ? written
            : throw new GridException(GridErrorCode.Corrupt,
                $"{written.Location} was written with {written.Rows} rows and offsets {lower} to {upper} where {task.Rows} rows from {task.Files[0].Start} up to {task.Files[^1].End} were read; it is not used. Report this.");

        static long OffsetOf(IReadOnlyDictionary<int, System.Collections.Immutable.ImmutableArray<byte>> bounds) =>
            bounds.TryGetValue(LakeColumns.Offset.Id.Value, out var bytes) && bytes.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan()) : -1;
    }
}
