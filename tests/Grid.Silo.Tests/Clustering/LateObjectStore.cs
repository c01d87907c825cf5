using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Silo.Tests.Clustering;

/// <summary>A store whose first write gets no answer and takes effect late: when the second one arrives.</summary>
internal sealed class LateObjectStore(IObjectStore inner) : IObjectStore
{
    private int _writes;
    private ReadOnlyMemory<byte> _late;

    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) =>
        inner.TryCreateFromAsync(name, content, cancellationToken);

    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) => inner.ReadAsync(name, cancellationToken);

    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) =>
        inner.ReadRangeAsync(name, offset, length, cancellationToken);

    public async Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (++_writes == 1)
        {
            _late = content;
            throw new GridException(GridErrorCode.Timeout, "No answer in time.");
        }

        if (_writes == 2)
            await inner.TryCreateAsync(name, _late, cancellationToken);
        return await inner.TryCreateAsync(name, content, cancellationToken);
    }

    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken) =>
        inner.TryReplaceAsync(name, content, expected, cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) => inner.TryDeleteAsync(name, expected, cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);
}
