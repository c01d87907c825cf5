using Grid.Storage.Lake.Files;

namespace Grid.Grains.Tests.Tiering;

/// <summary>A warehouse in which something happens between two calls.</summary>
internal sealed class HookedLake(ILakeStore inner) : ILakeStore
{
    /// <summary>Runs before a file is read, with its name.</summary>
    public Func<string, Task> BeforeRead { get; set; } = _ => Task.CompletedTask;

    public string Root => inner.Root;

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => inner.TryCreateAsync(name, content, cancellationToken);

    public Task<bool> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) => inner.TryCreateFromAsync(name, content, cancellationToken);

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => inner.PutAsync(name, content, cancellationToken);

    public Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken) => inner.FindLengthAsync(name, cancellationToken);

    public async Task<ReadOnlyMemory<byte>?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        await BeforeRead(name);
        return await inner.ReadRangeAsync(name, offset, length, cancellationToken);
    }

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public IAsyncEnumerable<LakeEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);
}
