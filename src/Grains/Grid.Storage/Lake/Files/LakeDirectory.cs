using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Lake.Files;

/// <summary>
/// A warehouse in a directory, also one that several machines share. A file is written under a draft's name beside the tables, flushed, and given its name exclusively: readers see it whole, and
/// of two writers one wins. File calls block, so each operation runs on the thread pool as a whole.
/// </summary>
public sealed class LakeDirectory : ILakeStore
{
    // No segment of a name begins with '.'.
    private const string DraftFolder = ".drafts";
    private const int CopyBytes = 128 * 1024;
    private readonly string _directory;

    /// <summary>Opens the directory, or makes it.</summary>
    public LakeDirectory(string directory)
    {
        _directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        Blocking(_directory, () => Directory.CreateDirectory(Path.Combine(_directory, DraftFolder)));
        Root = new Uri(_directory + Path.DirectorySeparatorChar).AbsoluteUri.TrimEnd('/');
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        TryCreateAsync(name, file => file.WriteAsync(content, cancellationToken).AsTask());

    /// <inheritdoc/>
    public Task<bool> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        return TryCreateAsync(name, file => content.CopyToAsync(file, CopyBytes, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        var draft = await WriteDraftAsync(name, file => file.WriteAsync(content, cancellationToken).AsTask()).ConfigureAwait(false);
        await RunAsync(name, () =>
        {
            MakeFolder(path);
            File.Move(draft, path, overwrite: true);
            return true;
        }, CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        return RunAsync<long?>(name, () => new FileInfo(path) is { Exists: true } file ? file.Length : null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var path = PathOf(name);
        return RunAsync<ReadOnlyMemory<byte>?>(name, () =>
        {
            if (!File.Exists(path))
                return null;
            using var file = File.OpenHandle(path);
            var bytes = new byte[Math.Clamp(RandomAccess.GetLength(file) - offset, 0, length)];
            for (var done = 0; done < bytes.Length;)
            {
                var read = RandomAccess.Read(file, bytes.AsSpan(done), offset + done);
                if (read == 0)
                    throw new EndOfStreamException($"{path} is shorter than it was.");
                done += read;
            }

            return bytes;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        return RunAsync(name, () =>
        {
            if (!File.Exists(path))
                return false;
            File.Delete(path);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LakeEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.RequirePrefix(prefix);
        var folder = Path.Combine(_directory, prefix[..(prefix.LastIndexOf('/') + 1)]);
        var entries = await RunAsync(prefix, () => Directory.Exists(folder) ? Walk(folder, prefix) : [], cancellationToken).ConfigureAwait(false);
        foreach (var entry in entries)
            yield return entry;
    }

    private async Task<bool> TryCreateAsync(string name, Func<Stream, Task> write)
    {
        var path = PathOf(name);
        if (File.Exists(path))
            return false;
        var draft = await WriteDraftAsync(name, write).ConfigureAwait(false);
        return await RunAsync(name, () =>
        {
            try
            {
                MakeFolder(path);
                if (!FileSystemCalls.TryMoveExclusive(draft, path))
                    return false;
                FileSystemCalls.FlushDirectory(Path.GetDirectoryName(path)!);
                return true;
            }
            finally
            {
                File.Delete(draft);
            }
        }, CancellationToken.None).ConfigureAwait(false);
    }

    private LakeEntry[] Walk(string folder, string prefix) =>
    [
        .. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => new LakeEntry(Path.GetRelativePath(_directory, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), file.Length, file.LastWriteTimeUtc))
            .Where(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal) && !entry.Name.StartsWith(DraftFolder, StringComparison.Ordinal))
            .OrderBy(entry => entry.Name, StringComparer.Ordinal),
    ];

    private async Task<string> WriteDraftAsync(string name, Func<Stream, Task> write)
    {
        var draft = Path.Combine(_directory, DraftFolder, Guid.NewGuid().ToString("N"));
        try
        {
            var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false))
            {
                await write(file).ConfigureAwait(false);
                await Task.Run(() => file.Flush(flushToDisk: true), CancellationToken.None).ConfigureAwait(false);
            }

            return draft;
        }
        catch (Exception failure)
        {
            File.Delete(draft);
            if (failure is UnauthorizedAccessException)
                throw Failed(name, failure);
            throw;
        }
    }

    private static void MakeFolder(string path) => Directory.CreateDirectory(Path.GetDirectoryName(path)!);

    private string PathOf(string name)
    {
        ObjectName.Require(name);
        return Path.Combine(_directory, name.Replace('/', Path.DirectorySeparatorChar));
    }

    private static Task<T> RunAsync<T>(string name, Func<T> action, CancellationToken cancellationToken) => Task.Run(() => Blocking(name, action), cancellationToken);

    private static T Blocking<T>(string name, Func<T> action) => FileSystemCalls.Make(action, failure => Failed(name, failure));

    private static GridException Failed(string name, Exception failure) =>
        new(GridErrorCode.StorageFailed, $"The lake's directory failed at {name}: {failure.Message}", failure);
}
