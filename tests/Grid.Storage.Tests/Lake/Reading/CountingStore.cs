using Grid.Storage.Lake.Files;

namespace Grid.Storage.Tests.Lake.Reading;

/// <summary>Files in memory; counts what is read of them.</summary>
internal sealed class CountingStore : ILakeStore
{
    public Dictionary<string, byte[]> Files { get; } = [];

    public long BytesRead { get; private set; }

    public int Reads { get; private set; }

    /// <summary>Called before a range is read.</summary>
    public Func<CancellationToken, Task> Reading { get; set; } = _ => Task.CompletedTask;

    public string Root => "memory://lake";

    public async Task<ReadOnlyMemory<byte>?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        await Reading(cancellationToken);
        if (!Files.TryGetValue(name, out var file))
            return null;
        var range = file.AsMemory((int)Math.Min(offset, file.Length));
        range = range[..Math.Min(range.Length, length)];
        BytesRead += range.Length;
        Reads++;
        return range;
    }

    public Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken) => Task.FromResult<long?>(Files.TryGetValue(name, out var file) ? file.Length : null);

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => Task.FromResult(Files.TryAdd(name, content.ToArray()));

    public Task<bool> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => Task.FromResult(Files.Remove(name));

    public IAsyncEnumerable<LakeEntry> ListAsync(string prefix, CancellationToken cancellationToken) => throw new NotSupportedException();
}
