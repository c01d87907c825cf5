using System.Security.Cryptography;
using System.Text;
using Grid.Abstractions;

namespace Grid.Sql.Lake;

/// <summary>
/// Lake files on a disk of this machine, within a number of bytes: the one that was used longest ago goes first, none while a statement reads it. Files never change, so what is there is right if its size is; a download
/// gets its name when it is whole. A directory of its own; what an earlier process left in it is used.
/// </summary>
internal sealed class LakeFileCache
{
    private const string Extension = ".parquet";
    private const string Part = ".part";
    private readonly string _directory;
    private readonly long _bytesMax;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private long _bytes;
    private long _uses;

    public LakeFileCache(string directory, long bytesMax)
    {
        (_directory, _bytesMax) = (Path.GetFullPath(directory), bytesMax);
        Directory.CreateDirectory(_directory);
        foreach (var left in new DirectoryInfo(_directory).EnumerateFiles().OrderBy(file => file.LastAccessTimeUtc))
        {
            // Half a download is of no use, and nobody's: the directory is one process's own.
            if (left.Extension == Part)
                left.Delete();
            else if (left.Extension == Extension)
                _bytes += (_entries[left.Name] = new Entry(left.FullName, left.Length) { Used = ++_uses, IsThere = true }).Bytes;
        }

        lock (_lock)
            TryMakeRoom(0);
    }

    /// <summary>Bytes of the files that are there or on their way.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>A file, downloaded where it is not there; null: it does not fit beside those that are in use.</summary>
    /// <param name="file">The file.</param>
    /// <param name="download">Writes its content.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: what came is not as long as it should be.</exception>
    public async ValueTask<LakeFileLease?> OpenAsync(LakeDataFile file, Func<Stream, CancellationToken, Task> download, CancellationToken cancellationToken)
    {
        if (Take(file) is not { } entry)
            return null;
        try
        {
            await entry.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                // Whoever came first has fetched it for all that wait.
                if (!entry.IsThere || !File.Exists(entry.Path))
                    await FetchAsync(entry, file, download, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                entry.Turn.Release();
            }

            return new LakeFileLease(entry.Path, () => Release(entry));
        }
        catch
        {
            Release(entry);
            throw;
        }
    }

    private Entry? Take(LakeDataFile file)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.Location))) + Extension;
        lock (_lock)
        {
            if (_entries.TryGetValue(name, out var entry) && entry.Bytes != file.Bytes)
            {
                if (entry.Leases > 0)
                    return null;
                Drop(name, entry);
                entry = null;
            }

            if (entry is null)
            {
                if (!TryMakeRoom(file.Bytes))
                    return null;
                _entries[name] = entry = new Entry(Path.Combine(_directory, name), file.Bytes);
                _bytes += entry.Bytes;
            }

            entry.Leases++;
            entry.Used = ++_uses;
            return entry;
        }
    }

    private void Release(Entry entry)
    {
        lock (_lock)
        {
            entry.Leases--;
            // What never came takes no room.
            if (entry is { Leases: 0, IsThere: false } && _entries.TryGetValue(Path.GetFileName(entry.Path), out var known) && known == entry)
                Drop(Path.GetFileName(entry.Path), entry);
        }
    }

    private async Task FetchAsync(Entry entry, LakeDataFile file, Func<Stream, CancellationToken, Task> download, CancellationToken cancellationToken)
    {
        var part = Path.Combine(_directory, Guid.NewGuid().ToString("N") + Part);
        try
        {
            long length;
            var stream = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                await download(stream, cancellationToken).ConfigureAwait(false);
                length = stream.Length;
            }

            if (length != file.Bytes)
                throw new GridException(GridErrorCode.StorageFailed, $"The lake file {file.Location} came with {length} of {file.Bytes} bytes. Try again.");
            File.Move(part, entry.Path, overwrite: true);
            entry.IsThere = true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new GridException(GridErrorCode.StorageFailed, $"The lake file {file.Location} could not be stored in {_directory}: {failure.Message}", failure);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Deletes what is not in use until so many bytes fit. Within the lock.</summary>
    private bool TryMakeRoom(long bytes)
    {
        while (_bytes + bytes > _bytesMax)
        {
            var oldest = _entries.Where(pair => pair.Value.Leases == 0).OrderBy(pair => pair.Value.Used).FirstOrDefault();
            if (oldest.Value is null)
                return false;
            Drop(oldest.Key, oldest.Value);
        }

        return true;
    }

    private void Drop(string name, Entry entry)
    {
        _entries.Remove(name);
        _bytes -= entry.Bytes;
        File.Delete(entry.Path);
    }

    private sealed class Entry(string path, long bytes)
    {
        public string Path { get; } = path;

        public long Bytes { get; } = bytes;

        public SemaphoreSlim Turn { get; } = new(1);

        public int Leases { get; set; }

        public long Used { get; set; }

        public bool IsThere { get; set; }
    }
}
