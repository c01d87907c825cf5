using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Lake.Tiering;

/// <summary>
/// Writes a bucket's committed rows into Parquet files of a lake table, on the node that has the bucket; who asked for it commits them. So many files at a time on a node, in the order of arrival. Thread safe.
/// </summary>
internal sealed class BucketTiering(ILakeStore store, TierOptions options, TimeProvider time)
{
    /// <summary>The turns to write on this node.</summary>
    public WriterTurns Turns { get; } = new(options.WritersMax, time);

    /// <summary>Writes what there is from the task's offset on, as far as a round goes. Files that are whole when something fails are answered all the same.</summary>
    /// <param name="task">What to do.</param>
    /// <param name="fetch">Reads the bucket.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>: no turn; else what the bucket and the store refuse.</exception>
    public Task<TieredRows> RunAsync(TierTask task, Func<FetchRequest, CancellationToken, Task<FetchAnswer>> fetch, CancellationToken cancellationToken) =>
        InTurnAsync(() => WriteAsync(task, new TierSource(fetch, task.From, options, time), cancellationToken), cancellationToken);

    /// <summary>Writes when it is its turn.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>: no turn; else what the writing throws.</exception>
    public async Task<TieredRows> InTurnAsync(Func<Task<TieredRows>> write, CancellationToken cancellationToken)
    {
        if (!await Turns.WaitAsync(TimeSpan.FromMilliseconds(options.TurnMsMax), cancellationToken).ConfigureAwait(false))
            throw new GridException(GridErrorCode.Busy, $"{options.WritersMax} lake files are being written on this node, and none ended within {options.TurnMsMax} ms; it is tried again.");
        try
        {
            return await write().ConfigureAwait(false);
        }
        finally
        {
            Turns.Release();
        }
    }

    private async Task<TieredRows> WriteAsync(TierTask task, TierSource source, CancellationToken cancellationToken)
    {
        var files = ImmutableArray.CreateBuilder<LakeFile>();
        var end = task.From;
        var batches = new FrameBatches(task.Bucket, task.Table.Schema, task.Table.GetSchema);
        try
        {
            while (source.MayGoOn && await source.NextAsync(cancellationToken).ConfigureAwait(false) is { } first)
            {
                files.Add(await WriteFileAsync(task, source, batches, first, end, cancellationToken).ConfigureAwait(false));
                end = source.Next;
            }

            // Offsets without rows count too.
            end = source.Next;
        }
        catch (Exception failure) when (files.Count > 0 && failure is not OperationCanceledException)
        {
            // What is written is worth committing; the next round meets the failure again.
        }

        return new TieredRows(files.ToImmutable(), end, source.HighWatermark);
    }

    private Task<LakeFile> WriteFileAsync(TierTask task, TierSource source, FrameBatches batches, FrameBlock first, LogOffset from, CancellationToken cancellationToken)
    {
        var name = $"{task.Folder}/data/{LakeFolders.OfBucket(task.Partition, task.Bucket)}/{from.Value:D20}-{Guid.NewGuid():N}.parquet";
        return LakeUpload.RunAsync(
            store,
            name,
            async (stream, token) =>
            {
                using var writer = new LakeFileWriter(stream, LakeColumns.Extend(task.Table.Schema), options.Writer);
                var next = from;
                for (var block = first; block is not null;)
                {
                    using (block)
                        next = Add(writer, batches, block, next, task);
                    block = source.MayGoOn && writer.BytesOut < options.FileBytesTarget ? await source.NextAsync(token).ConfigureAwait(false) : null;
                }

                return writer.Close($"{store.Root}/{name}", task.Tuple);
            },
            cancellationToken);
    }

    /// <summary>Adds a block's rows from an offset on; answers where the next one has to begin. A gap between frames would be rows that are lost.</summary>
    private static LogOffset Add(LakeFileWriter writer, FrameBatches batches, FrameBlock block, LogOffset next, TierTask task)
    {
        foreach (var batch in batches.Read(block.Memory))
            using (batch)
            {
                var begin = ((Int64Array)batch.Column(task.Table.Schema.Columns.Length + 1)).GetValue(0)!.Value;
                var passed = next.Value - begin;
                if (passed < 0 || passed >= batch.Length)
                    throw new GridException(GridErrorCode.Corrupt,
                        $"Bucket {task.Id} answered rows {begin} to {begin + batch.Length - 1} where offset {next} was to come; nothing of it goes into the lake. Report this.");
                writer.Write(passed == 0 ? batch : batch.Slice((int)passed, batch.Length - (int)passed)); // a slice has nothing of its own to dispose
                next = new LogOffset(begin + batch.Length);
            }

        return next;
    }
}
