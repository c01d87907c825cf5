using System.ComponentModel;
using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>What .NET's file API does not offer everywhere: giving a file a name exclusively, and making a directory's entries durable.</summary>
internal static partial class FileSystemCalls
{
    private const int FileExists = 17; // EEXIST has this number on Linux and macOS.

    /// <summary>Makes file calls; what the file system refuses becomes what <paramref name="failed"/> makes of it. Blocking.</summary>
    public static T Make<T>(Func<T> calls, Func<Exception, GridException> failed)
    {
        try
        {
            return calls();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw failed(exception);
        }
    }

    /// <summary>Moves a file to a name that must be free; false where it is taken. Atomic: the name appears with the whole file or not at all.</summary>
    public static bool TryMoveExclusive(string source, string target)
    {
        if (OperatingSystem.IsWindows())
            return TryMoveExclusiveOnWindows(source, target);

        // rename() replaces its target; a hard link never does. Where the file system has none, this fails instead of pretending.
        if (Link(source, target) == 0)
        {
            File.Delete(source);
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == FileExists ? false
            : throw new IOException($"{target} cannot be created exclusively: {new Win32Exception(error).Message}. The object directory's file system must have hard links.");
    }

    /// <summary>Makes the names in a directory survive a power loss. Windows does that with the file's own flush.</summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(path, 0);
        if (descriptor < 0)
            throw new IOException($"{path} cannot be opened to be flushed: {Marshal.GetLastPInvokeErrorMessage()}.");
        try
        {
            if (Fsync(descriptor) != 0)
                throw new IOException($"{path} cannot be flushed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static bool TryMoveExclusiveOnWindows(string source, string target)
    {
        try
        {
            File.Move(source, target, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(target))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string created);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
