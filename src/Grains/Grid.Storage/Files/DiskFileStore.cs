using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Grid.Storage.Files;

/// <summary>The operating system's files.</summary>
public sealed partial class DiskFileStore : IFileStore
{
    private const int OpenReadOnly = 0;
    private const int Failed = -1;

    /// <inheritdoc/>
    public IFile Open(string path) => new DiskFile(path, FileMode.Open);

    /// <inheritdoc/>
    public IFile Create(string path) => new DiskFile(path, FileMode.CreateNew);

    /// <inheritdoc/>
    public bool Exists(string path) => File.Exists(path);

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string directory)
    {
        if (!Directory.Exists(directory))
            return [];
        var names = Directory.GetFiles(directory);
        for (var i = 0; i < names.Length; i++)
            names[i] = Path.GetFileName(names[i]);
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public void CreateDirectory(string directory) => Directory.CreateDirectory(directory);

    /// <inheritdoc/>
    public void DeleteDirectory(string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    /// <inheritdoc/>
    public IDisposable? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string directory)
    {
        // Windows has no such call: NTFS journals its directories, a lost entry is a file that was never acknowledged into.
        if (OperatingSystem.IsWindows())
            return;

        var descriptor = OpenDescriptor(directory, OpenReadOnly);
        if (descriptor == Failed)
            throw new IOException($"The directory {directory} cannot be opened to flush it: {Marshal.GetLastPInvokeErrorMessage()}.");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Sync(descriptor) == Failed)
            throw new IOException($"The directory {directory} cannot be flushed: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);
}
