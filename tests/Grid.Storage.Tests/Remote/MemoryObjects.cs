using System.Globalization;
using System.Runtime.CompilerServices;
using Grid.Storage.Objects;

namespace Grid.Storage.Tests.Remote;

/// <summary>An object store in memory, which counts what is read of it.</summary>
internal sealed class MemoryObjects : IObjectStore
{
    private readonly SortedDictionary<string, (byte[] Bytes, long Version)> _objects = new(StringComparer.Ordinal);
    private long _version;
    private long _bytesRead;
    private int _calls;

    /// <summary>Bytes that ranges gave.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Ranges read.</summary>
    public int RangesRead => Volatile.Read(ref _calls);

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_objects)
                return [.. _objects.Keys];
        }
    }

    /// <summary>An object's bytes, to be changed.</summary>
    public byte[] this[string name]
    {
        get
        {
            lock (_objects)
                return _objects[name].Bytes;
        }

        set
        {
            lock (_objects)
                _objects[name] = (value, ++_version);
        }
    }

    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken)
    {
        lock (_objects)
            return Task.FromResult(_objects.TryGetValue(name, out var found) ? EntryOf(name, found) : null);
    }

    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        lock (_objects)
            return Task.FromResult(_objects.TryGetValue(name, out var found) ? new ObjectContent(found.Bytes.ToArray(), TagOf(found.Version)) : null);
    }

    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        lock (_objects)
        {
            if (!_objects.TryGetValue(name, out var found))
                return Task.FromResult<ObjectContent?>(null);
            var bytes = found.Bytes.AsMemory((int)Math.Min(offset, found.Bytes.Length));
            bytes = bytes[..Math.Min(length, bytes.Length)];
            Interlocked.Add(ref _bytesRead, bytes.Length);
            Interlocked.Increment(ref _calls);
            return Task.FromResult<ObjectContent?>(new ObjectContent(bytes.ToArray(), TagOf(found.Version)));
        }
    }

    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        lock (_objects)
            return Task.FromResult<ObjectTag?>(_objects.TryAdd(name, (content.ToArray(), ++_version)) ? TagOf(_version) : null);
    }

    public async Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        return await TryCreateAsync(name, bytes.ToArray(), cancellationToken);
    }

    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken)
    {
        lock (_objects)
        {
            if (!_objects.TryGetValue(name, out var found) || TagOf(found.Version) != expected)
                return Task.FromResult<ObjectTag?>(null);
            _objects[name] = (content.ToArray(), ++_version);
            return Task.FromResult<ObjectTag?>(TagOf(_version));
        }
    }

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        lock (_objects)
            return Task.FromResult(_objects.Remove(name));
    }

    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken)
    {
        lock (_objects)
            return Task.FromResult(_objects.TryGetValue(name, out var found) && TagOf(found.Version) == expected && _objects.Remove(name));
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        ObjectEntry[] entries;
        lock (_objects)
            entries = [.. _objects.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => EntryOf(entry.Key, entry.Value))];
        foreach (var entry in entries)
            yield return entry;
    }

    private static ObjectTag TagOf(long version) => new(version.ToString(CultureInfo.InvariantCulture));

    private static ObjectEntry EntryOf(string name, (byte[] Bytes, long Version) found) => new(name, found.Bytes.Length, TagOf(found.Version), default);
}
