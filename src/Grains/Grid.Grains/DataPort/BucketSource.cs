using Grid.Grains.Buckets;
using Grid.Storage.DataPort;

namespace Grid.Grains.DataPort;

/// <summary>A stream of an open bucket: while it is sent, the bucket is at work and not closed for being idle.</summary>
internal sealed class BucketSource(OpenBucket bucket, IDataSource source) : IDataSource
{
    public async Task WriteAsync(DataPortOutput output, CancellationToken cancellationToken)
    {
        bucket.BeginCall();
        try
        {
            await source.WriteAsync(output, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            bucket.EndCall();
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
