using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Grid.Client.Reading;

/// <summary>Runs a reader for each bucket, some at a time, and hands out what they emit in the order it comes: any order between buckets, each bucket's own kept.</summary>
internal static class BucketMerge
{
    /// <typeparam name="TUnit">What a bucket is known by.</typeparam>
    /// <param name="buckets">The buckets, as they become known.</param>
    /// <param name="parallel">Readers that run at once.</param>
    /// <param name="ready">Batches that wait for the consumer; readers wait beyond.</param>
    /// <param name="read">Reads one bucket to its end.</param>
    /// <param name="cancellationToken">Stops all readers.</param>
    public static async IAsyncEnumerable<GridBatch> RunAsync<TUnit>(
        IAsyncEnumerable<TUnit> buckets,
        int parallel,
        int ready,
        Func<TUnit, Func<GridBatch, ValueTask>, CancellationToken, Task> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<GridBatch>(new BoundedChannelOptions(Math.Max(1, ready)) { SingleReader = true });
        var readers = Task.Run(() => ReadAllAsync(buckets, parallel, read, channel.Writer, stop.Token), CancellationToken.None);
        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                while (channel.Reader.TryRead(out var batch))
                    yield return batch;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await readers.ConfigureAwait(false);
            while (channel.Reader.TryRead(out var batch))
                batch.Dispose();
        }
    }

    /// <summary>Never fails: the channel is completed with the first failure.</summary>
    private static async Task ReadAllAsync<TUnit>(
        IAsyncEnumerable<TUnit> buckets, int parallel, Func<TUnit, Func<GridBatch, ValueTask>, CancellationToken, Task> read, ChannelWriter<GridBatch> writer, CancellationToken cancellationToken)
    {
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, parallel), CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(
                buckets,
                options,
                async (bucket, token) => await read(bucket, batch => WriteAsync(writer, batch, token), token).ConfigureAwait(false)).ConfigureAwait(false);
            writer.Complete();
        }
        catch (Exception failure)
        {
            writer.Complete(failure);
        }
    }

    private static async ValueTask WriteAsync(ChannelWriter<GridBatch> writer, GridBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }
}
