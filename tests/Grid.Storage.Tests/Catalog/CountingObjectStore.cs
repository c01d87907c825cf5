using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Catalog;

/// <summary>Counts conditional writes that somebody else was quicker with.</summary>
internal sealed class CountingObjectStore(IObjectStore inner) : IObjectStore
{
    private int _lostRaces;

    public int LostRaces => _lostRaces;

    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) => inner.ReadAsync(name, cancellationToken);

    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) => inner.ReadRangeAsync(name, offset, length, cancellationToken);

    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => CountAsync(inner.TryCreateAsync(name, content, cancellationToken));

    public Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) => CountAsync(inner.TryCreateFromAsync(name, content, cancellationToken));

    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken) =>
        CountAsync(inner.TryReplaceAsync(name, content, expected, cancellationToken));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) => inner.TryDeleteAsync(name, expected, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    private async Task<ObjectTag?> CountAsync(Task<ObjectTag?> write)
    {
        var tag = await write;
        if (tag is null)
            Interlocked.Increment(ref _lostRaces);
        return tag;
    }
}
