using System.Runtime.InteropServices;

namespace Grid.Bench.Harness;

/// <summary>Takes files out of the operating system's file cache, so that what reads them next reads from the disk.</summary>
internal static partial class FileCache
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED, Linux

    /// <summary>Writes back and drops every file under a folder; false where this system offers no way to do so to a user.</summary>
    public static bool TryDrop(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(file); // dirty pages are kept
            if (Advise((int)file.DangerousGetHandle(), 0, 0, DontNeed) != 0)
                return false;
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(int descriptor, nint offset, nint length, int advice);
}
