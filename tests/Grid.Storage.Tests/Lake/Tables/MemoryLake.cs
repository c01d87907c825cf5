using System.Runtime.CompilerServices;
using Grid.Storage.Lake.Files;

namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>A warehouse in memory, whose files have the ages of a clock.</summary>
internal sealed class MemoryLake(TimeProvider time) : ILakeStore
{
    private readonly SortedDictionary<string, (byte[] Bytes, DateTimeOffset ModifiedAt)> _files = new(StringComparer.Ordinal);

    public string Root => "memory://lake";

    /// <summary>The names that are there, but for hints.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_files)
                return [.. _files.Keys.Where(name => !name.EndsWith("version-hint.text", StringComparison.Ordinal))];
        }
    }

    /// <summary>The bytes at a location.</summary>
    public byte[] Bytes(string location)
    {
        lock (_files)
            return _files[location[(Root.Length + 1)..]].Bytes;
    }

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        lock (_files)
            return Task.FromResult(_files.TryAdd(name, (content.ToArray(), time.GetUtcNow())));
    }

    public async Task<bool> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        return await TryCreateAsync(name, bytes.ToArray(), cancellationToken);
    }

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        lock (_files)
            _files[name] = (content.ToArray(), time.GetUtcNow());
        return Task.CompletedTask;
    }

    public Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken)
    {
        lock (_files)
            return Task.FromResult<long?>(_files.TryGetValue(name, out var file) ? file.Bytes.Length : null);
    }

    public Task<ReadOnlyMemory<byte>?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        lock (_files)
            return Task.FromResult(_files.TryGetValue(name, out var file) ? (ReadOnlyMemory<byte>?)file.Bytes.AsMemory((int)offset, Math.Min(length, file.Bytes.Length - (int)offset)) : null);
    }

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        lock (_files)
            return Task.FromResult(_files.Remove(name));
    }

    public async IAsyncEnumerable<LakeEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        LakeEntry[] entries;
        lock (_files)
            entries = [.. _files.Where(file => file.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(file => new LakeEntry(file.Key, file.Value.Bytes.Length, file.Value.ModifiedAt))];
        foreach (var entry in entries)
            yield return entry;
    }
}
