using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Silo.Tests.Clustering;

/// <summary>A store whose next writes end without an answer: with or without effect, and with what others do meanwhile.</summary>
internal sealed class UncertainObjectStore(IObjectStore inner) : IObjectStore
{
    private readonly Queue<(bool TakesEffect, Func<Task>? Meanwhile)> _uncertain = new();

    /// <summary>The next write that is not planned yet ends without an answer.</summary>
    public void LoseAnswer(bool takesEffect, Func<Task>? meanwhile = null) => _uncertain.Enqueue((takesEffect, meanwhile));

    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryCreateFromAsync(name, content, cancellationToken));

    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) => inner.ReadAsync(name, cancellationToken);

    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) =>
        inner.ReadRangeAsync(name, offset, length, cancellationToken);

    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryCreateAsync(name, content, cancellationToken));

    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryReplaceAsync(name, content, expected, cancellationToken));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => WriteAsync(() => inner.DeleteAsync(name, cancellationToken));

    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) =>
        WriteAsync(() => inner.TryDeleteAsync(name, expected, cancellationToken));

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    private async Task<T> WriteAsync<T>(Func<Task<T>> write)
    {
        if (!_uncertain.TryDequeue(out var next))
            return await write();
        if (next.TakesEffect)
            await write();
        if (next.Meanwhile is not null)
            await next.Meanwhile();
        throw new GridException(GridErrorCode.StorageFailed, "The answer was lost.");
    }
}
