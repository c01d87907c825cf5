using Grid.Abstractions;
using Grid.Client.Connecting;

namespace Grid.Client.Writing;

/// <summary>Writer ids for the buckets of one writer: the first is shared by all of them, each later one belongs to the bucket that needed it.</summary>
internal sealed class WriterIdentities(GridConnection connection)
{
    private readonly Lock _lock = new();
    private readonly HashSet<BucketId> _given = [];
    private Task<WriterId>? _shared;

    public Task<WriterId> TakeAsync(BucketId bucket)
    {
        lock (_lock)
        {
            if (!_given.Add(bucket))
                return AllocateAsync();
            if (_shared is null || _shared.IsFaulted || _shared.IsCanceled)
                _shared = AllocateAsync();
            return _shared;
        }
    }

    private Task<WriterId> AllocateAsync() => connection.Retry.RunAsync(connection.Catalog.AllocateWriterAsync, CancellationToken.None);
}
