using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;

namespace Grid.Storage.Lake.Reading;

/// <summary>
/// Rows of one bucket out of the lake, as the frames of a log: the same offsets and commit timestamps, in the table's newest schema. Frames end where the timestamp
/// changes, so those of the log come back, or parts of them or neighbours of the same millisecond together. Memory of a read: the compressed chunks of the columns wanted of one row
/// group, a batch, a frame and a block. Any number of reads at a time.
/// </summary>
internal sealed class LakeFrames
{
    private readonly ILakeStore _store;
    private readonly int _bucket;
    private readonly LakeFramesOptions _options;

    public LakeFrames(ILakeStore store, int bucket, LakeFramesOptions options)
    {
        _store = store;
        _bucket = bucket;
        _options = options;
    }

    /// <summary>Frames from an offset to the end of the files, in blocks of about the request's bytes.</summary>
    /// <param name="files">The bucket's files.</param>
    /// <param name="from">The first frame's first offset.</param>
    /// <param name="table">The table, with every schema version that the files or the request know.</param>
    /// <param name="request">Columns, filter and bytes of a block; its offset and wait don't count.</param>
    /// <param name="cancellationToken">Looked at between batches and by reads from the store.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.OffsetOutOfRange"/>; <see cref="GridErrorCode.Corrupt"/>: a file's bytes or rows are not what they should be, or offsets are in no
    /// file; <see cref="GridErrorCode.StorageFailed"/>; what a fetch refuses of a request. What came before is sent first.</exception>
    public async IAsyncEnumerable<LakeFrameBlock> ReadAsync(
        LakeBucketFiles files, LogOffset from, TableInfo table, FetchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (from < files.Start || from > files.End)
            throw new GridException(GridErrorCode.OffsetOutOfRange, $"Offset {from} of bucket {_bucket} is not in the lake; legal is {files.Start} to {files.End}. Read the log.");
        var plan = new LakeFramesPlan(table, request);
        using var framer = new RowFramer(plan, Math.Min(_options.FrameBytes, plan.BytesMax));
        using var block = new FrameBlockBuilder(plan.BytesMax);
        var reader = new LakeFileRows(_store, _bucket, plan, _options);
        var (next, sent) = (from, from);
        while (next < files.End)
        {
            if (files.Find(next) is not (>= 0 and var index))
            {
                if (!block.IsEmpty)
                    yield return new LakeFrameBlock(block.Take(), next);
                throw LakeErrors.Damaged($"bucket {_bucket} has no file with offset {next}, though it has files before and behind it, {files.Start} up to {files.End}");
            }

            await foreach (var rows in reader.ReadAsync(files[index], next, cancellationToken).ConfigureAwait(false))
            {
                for (var row = (int)Math.Max(0, next - rows.BaseOffset); row < rows.Count;)
                {
                    using var frame = Encode(framer, files[index], rows, row, out row);
                    if (!block.TryAdd(frame.Span))
                    {
                        yield return new LakeFrameBlock(block.Take(), sent = next);
                        block.TryAdd(frame.Span);
                    }

                    next = rows.BaseOffset + row;
                }
            }

            // What the filter skipped is told where no frame tells it.
            next = files[index].End;
            if (block.IsEmpty && next > sent)
                yield return new LakeFrameBlock(null, sent = next);
        }

        if (!block.IsEmpty)
            yield return new LakeFrameBlock(block.Take(), next);
    }

    private static FrameBlock Encode(RowFramer framer, LakeBucketFile file, LakeRows rows, int first, out int end)
    {
        try
        {
            return framer.Encode(rows, first, out end);
        }
        catch (GridException e) when (e.Code == GridErrorCode.NullNotAllowed)
        {
            throw LakeErrors.Damaged($"{file.File.Location} has a null where none may be, near offset {rows.BaseOffset + first}: {e.Message}", e);
        }
    }
}
