using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Grains.Tests.Nodes;

/// <summary>An object store that can be away: refusing, or silent.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing.")]
public sealed class SwitchedObjectStore(IObjectStore inner) : IObjectStore
{
    private volatile bool _away;
    private volatile bool _silent;
    private TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _refused = new(0);

    public bool Away
    {
        get => _away;
        set
        {
            _away = value;
            if (!value)
                Interlocked.Exchange(ref _back, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }

    /// <summary>While away: nobody is answered, instead of refused.</summary>
    public bool Silent
    {
        get => _silent;
        set => _silent = value;
    }

    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.FindAsync(name, cancellationToken));

    public Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) =>
        CallAsync(() => inner.TryCreateFromAsync(name, content, cancellationToken));

    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.ReadAsync(name, cancellationToken));

    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) =>
        CallAsync(() => inner.ReadRangeAsync(name, offset, length, cancellationToken));

    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        CallAsync(() => inner.TryCreateAsync(name, content, cancellationToken));

    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken) =>
        CallAsync(() => inner.TryReplaceAsync(name, content, expected, cancellationToken));

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => CallAsync(() => inner.DeleteAsync(name, cancellationToken));

    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) => CallAsync(() => inner.TryDeleteAsync(name, expected, cancellationToken));

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) =>
        _away ? throw Refuse() : inner.ListAsync(prefix, cancellationToken);

    private Task<T> CallAsync<T>(Func<Task<T>> call) => !_away ? call() : _silent ? RefuseLaterAsync<T>() : Task.FromException<T>(Refuse());

    /// <summary>Says nothing until the store is back, and then that it failed.</summary>
    private async Task<T> RefuseLaterAsync<T>()
    {
        await Volatile.Read(ref _back).Task;
        throw Refuse();
    }

    /// <summary>Completes when so many calls were refused.</summary>
    public async Task RefusedAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
            await _refused.WaitAsync();
    }

    private GridException Refuse()
    {
        _refused.Release();
        return new GridException(GridErrorCode.StorageFailed, "The object store is away.");
    }
}
