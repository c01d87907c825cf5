using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Catalog;

/// <summary>A store that dies before or after its n-th write, and stays dead: the process that used it crashed there.</summary>
internal sealed class FailingObjectStore(IObjectStore inner, int writesUntilDeath, bool after) : IObjectStore
{
    private int _left = writesUntilDeath;
    private bool _dead;

    public bool Died => _dead;

    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) => Alive().FindAsync(name, cancellationToken);

    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) => Alive().ReadAsync(name, cancellationToken);

    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) =>
        Alive().ReadRangeAsync(name, offset, length, cancellationToken);

    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryCreateAsync(name, content, cancellationToken));

    public Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryCreateFromAsync(name, content, cancellationToken));

    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryReplaceAsync(name, content, expected, cancellationToken));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => WriteAsync(() => inner.DeleteAsync(name, cancellationToken));

    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryDeleteAsync(name, expected, cancellationToken));

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => Alive().ListAsync(prefix, cancellationToken);

    private IObjectStore Alive() => _dead ? throw Dead() : inner;

    private async Task<T> WriteAsync<T>(Func<Task<T>> write)
    {
        Alive();
        if (--_left > 0)
            return await write();
        _dead = true;
        if (after)
            await write();
        throw Dead();
    }

    private static GridException Dead() => new(GridErrorCode.StorageFailed, "The process died here.");
}
