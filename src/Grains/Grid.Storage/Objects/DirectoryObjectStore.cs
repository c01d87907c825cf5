using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>
/// An object store in a directory, also one that several machines share: no locks, no server, only names that are created exclusively (see
/// <see cref="ObjectFolder"/>). Object <c>a/b.json</c> is the folder <c>a/b.json@</c> with a file per version; a tag is a version's number.
/// File calls block, so each operation runs on the thread pool as a whole.
/// </summary>
public sealed class DirectoryObjectStore : IObjectStore
{
    private const int ListPage = 256;
    private const char FolderMark = '@';
    private readonly string _root;

    /// <summary>Opens the directory, or makes it.</summary>
    public DirectoryObjectStore(string directory)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        Blocking<object?>(_root, () =>
        {
            Directory.CreateDirectory(_root);
            return null;
        });
    }

    /// <inheritdoc/>
    public Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(name, folder => folder.FindNewest() is { Exists: true } newest ? EntryOf(name, newest) : null, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(name, folder => Read(folder, 0, int.MaxValue, whole: true), cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return RunAsync(name, folder => Read(folder, offset, length, whole: false), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        RunAsync(name, folder => FreeVersion(folder) is { } version ? Write(folder, version, content.Span) : null, cancellationToken);

    /// <inheritdoc/>
    public async Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var free = await RunAsync(name, FreeVersion, cancellationToken).ConfigureAwait(false);
        if (free is not { } version)
            return null;
        using var draft = await RunAsync(name, folder => folder.Draft(), cancellationToken).ConfigureAwait(false);
        var nonce = NewNonce();
        try
        {
            await draft.WriteObjectAsync(content, nonce, cancellationToken).ConfigureAwait(false);
        }
        catch (SourceFailure failure)
        {
            failure.Rethrow();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failed(name, exception);
        }

        return await RunAsync<ObjectTag?>(name, folder => folder.TryPublish(version, draft, nonce) ? TagOf(version) : null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken) =>
        RunAsync(name, folder =>
        {
            var newest = folder.FindNewest();
            return newest.Exists && newest.Tag == expected ? Write(folder, newest.Number + 1, content.Span) : null;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(name, folder =>
        {
            for (var attempt = 0; attempt < ObjectFolder.RetriesMax; attempt++)
            {
                var newest = folder.FindNewest();
                if (!newest.Exists)
                    return false;
                if (WriteTombstone(folder, newest.Number + 1))
                    return true;
            }

            throw Overtaken(name);
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken) =>
        RunAsync(name, folder =>
        {
            var newest = folder.FindNewest();
            return newest.Exists && newest.Tag == expected && WriteTombstone(folder, newest.Number + 1);
        }, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.RequirePrefix(prefix);
        var slash = prefix.LastIndexOf('/');
        var start = slash < 0 ? _root : PathOf(prefix[..slash]);
        using var entries = Walk(start, prefix[..(slash + 1)], prefix).GetEnumerator();
        var more = true;
        while (more)
        {
            var page = new List<ObjectEntry>(ListPage);
            more = await Task.Run(() => Blocking(prefix, () =>
            {
                while (page.Count < ListPage)
                {
                    if (!entries.MoveNext())
                        return false;
                    page.Add(entries.Current);
                }

                return true;
            }), cancellationToken).ConfigureAwait(false);
            foreach (var entry in page)
                yield return entry;
        }
    }

    /// <summary>The version that a create takes, in a folder that exists; null where there is an object.</summary>
    private long? FreeVersion(ObjectFolder folder)
    {
        var newest = folder.FindNewest();
        if (newest.Exists)
            return null;
        if (newest.Number == 0)
            folder.Create(_root);
        return newest.Number + 1;
    }

    private static ObjectEntry EntryOf(string name, ObjectVersion version) =>
        new(name, version.FileLength - ObjectFile.HeaderLength, version.Tag, version.ModifiedAt);

    private static ObjectTag TagOf(long version) => new ObjectVersion(version, 0, default).Tag;

    private static ObjectContent? Read(ObjectFolder folder, long offset, int length, bool whole)
    {
        for (var attempt = 0; attempt < ObjectFolder.RetriesMax; attempt++)
        {
            var newest = folder.FindNewest();
            if (!newest.Exists)
                return null;
            try
            {
                return new ObjectContent(ReadFile(folder.PathOf(newest.Number), offset, length, whole), newest.Tag);
            }
            catch (FileNotFoundException)
            {
                // Overtaken by more than the versions that are kept: look again.
            }
        }

        throw Overtaken(folder.PathOf(0));
    }

    private static byte[] ReadFile(string path, long offset, int length, bool whole)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var fileLength = RandomAccess.GetLength(handle);
        Span<byte> header = stackalloc byte[ObjectFile.HeaderLength];
        var count = RandomAccess.Read(handle, header, 0);
        if (!ObjectFile.TryRead(header[..count], fileLength, out var file) || file.ContentLength < 0)
            throw ObjectFile.Damaged(path);

        var wanted = Math.Min(Math.Max(file.ContentLength - offset, 0), length);
        if (wanted > ObjectLimits.PieceBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"{path} has {wanted} bytes; at most {ObjectLimits.PieceBytesMax} are read in one piece. Read ranges, or open a stream.");
        var bytes = new byte[wanted];
        for (var done = 0; done < bytes.Length; done += count)
        {
            count = RandomAccess.Read(handle, bytes.AsSpan(done), ObjectFile.HeaderLength + offset + done);
            if (count == 0)
                throw ObjectFile.Damaged(path);
        }

        return whole && XxHash3.HashToUInt64(bytes) != file.ContentHash ? throw ObjectFile.Damaged(path) : bytes;
    }

    private static ObjectTag? Write(ObjectFolder folder, long version, ReadOnlySpan<byte> content)
    {
        if (content.Length > ObjectLimits.PieceBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"An object of {content.Length} bytes is too large; at most {ObjectLimits.PieceBytesMax} are written in one piece. Create it from a stream.");
        var nonce = NewNonce();
        return folder.TryWrite(version, ObjectFile.Header(content, nonce), content, nonce) ? TagOf(version) : null;
    }

    private static bool WriteTombstone(ObjectFolder folder, long version)
    {
        var nonce = NewNonce();
        return folder.TryWrite(version, ObjectFile.Tombstone(nonce), [], nonce);
    }

    /// <summary>The objects of a folder and below, in ordinal order of their whole names: a subfolder sorts as its name and '/'.</summary>
    private static IEnumerable<ObjectEntry> Walk(string path, string parent, string prefix)
    {
        var children = new List<(string Name, string Path, bool Object)>();
        if (Directory.Exists(path))
            foreach (var folder in Directory.EnumerateDirectories(path))
            {
                var encoded = Path.GetFileName(folder);
                var isObject = encoded[^1] == FolderMark;
                if (!ObjectName.TryDecodeSegment(isObject ? encoded[..^1] : encoded, out var segment))
                    continue;
                var name = isObject ? parent + segment : parent + segment + "/";
                if (name.StartsWith(prefix, StringComparison.Ordinal) || (!isObject && prefix.StartsWith(name, StringComparison.Ordinal)))
                    children.Add((name, folder, isObject));
            }

        children.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        foreach (var child in children)
        {
            if (!child.Object)
            {
                foreach (var entry in Walk(child.Path, child.Name, prefix))
                    yield return entry;
            }
            else
            {
                var newest = new ObjectFolder(child.Path).FindNewest();
                if (newest.Exists)
                    yield return EntryOf(child.Name, newest);
            }
        }
    }

    private string PathOf(string name)
    {
        var path = _root;
        foreach (var range in name.AsSpan().Split('/'))
            path = Path.Combine(path, ObjectName.EncodeSegment(name.AsSpan(range)));
        return path;
    }

    private Task<T> RunAsync<T>(string name, Func<ObjectFolder, T> operation, CancellationToken cancellationToken)
    {
        ObjectName.Require(name);
        return Task.Run(() => Blocking(name, () => operation(new ObjectFolder(PathOf(name) + FolderMark))), cancellationToken);
    }

    private static T Blocking<T>(string name, Func<T> operation) => FileSystemCalls.Make(operation, exception => Failed(name, exception));

    private static GridException Failed(string name, Exception exception) =>
        new(GridErrorCode.StorageFailed, $"The object store failed at '{name}': {exception.Message} If it was a write, read to see whether it took effect.", exception);

    private static ulong NewNonce()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    private static GridException Overtaken(string name) =>
        new(GridErrorCode.Busy, $"'{name}' was overtaken {ObjectFolder.RetriesMax} times by other writers; try again.");
}
