namespace Grid.Storage.Files;

/// <summary>The few file operations that the log is made of: the real disk, or a faulty one in tests. Failures are <see cref="IOException"/>s.</summary>
public interface IFileStore
{
    /// <summary>Opens an existing file for reading and writing.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    IFile Open(string path);

    /// <summary>Makes a file that must not exist. Its name is durable once <see cref="SyncDirectory"/> returned.</summary>
    IFile Create(string path);

    /// <summary>Whether the file exists.</summary>
    bool Exists(string path);

    /// <summary>Gives a file another name in the same directory, replacing what had it. Durable once <see cref="SyncDirectory"/> returned.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file; none is fine. Open handles stay usable until disposed.</summary>
    void Delete(string path);

    /// <summary>The names (not paths) of the directory's files in ordinal order; a missing directory has none.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Makes a directory with its parents; an existing one is fine.</summary>
    void CreateDirectory(string directory);

    /// <summary>Deletes a directory with all that is in it; none is fine.</summary>
    void DeleteDirectory(string directory);

    /// <summary>Holds a file for this process alone until disposed, or until the process ends in any way; made where there is none. Null: somebody else holds it.</summary>
    IDisposable? TryLock(string path);

    /// <summary>Returns when the directory's entries are durable.</summary>
    void SyncDirectory(string directory);
}
