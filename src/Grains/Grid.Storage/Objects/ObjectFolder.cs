using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>A version of an object: its number from 1, the length of its file, when it was written.</summary>
internal readonly record struct ObjectVersion(long Number, long FileLength, DateTimeOffset ModifiedAt)
{
    /// <summary>False where the object was deleted, or never was.</summary>
    public bool Exists => Number > 0 && FileLength != ObjectFile.TombstoneLength;

    public ObjectTag Tag => new(Number.ToString(CultureInfo.InvariantCulture));
}

/// <summary>
/// The versions of one object: a folder with a file per version, <c>00000000000000000007</c>, and temporary files of writers at work.
/// <para>
/// A write is exclusive because a version's name can be taken only once while it is there. Old versions are removed, so a writer that slept
/// between looking and writing could take a name that was used and removed before. It finds out: versions are removed in rising order, only
/// when they are more than <see cref="VersionsKept"/> behind, and the highest is never removed. So if after its own write the highest version is at most that
/// far ahead, nobody removed its name before; else the writer does not know, says so, and whoever asked reads.
/// </para>
/// A deleted object keeps one file, its tombstone, for good: its version must never be given again.
/// </summary>
internal sealed class ObjectFolder(string path)
{
    /// <summary>How many versions behind the highest stay for readers and slow writers.</summary>
    public const int VersionsKept = 8;

    /// <summary>How often a look is repeated that another writer overtook.</summary>
    public const int RetriesMax = 64;

    private const int VersionDigits = 20;
    private const string TemporaryPrefix = "tmp-";
    private static readonly TimeSpan TemporaryAgeMax = TimeSpan.FromHours(1);

    /// <summary>The highest version; its number is 0 where the name has never been used.</summary>
    public ObjectVersion FindNewest()
    {
        for (var attempt = 0; attempt < RetriesMax; attempt++)
        {
            var newest = 0L;
            var folder = new DirectoryInfo(path);
            if (!folder.Exists)
                return default;
            foreach (var file in folder.EnumerateFiles())
                if (TryParse(file.Name, out var number))
                    newest = Math.Max(newest, number);
            if (newest == 0)
                return default;

            var found = new FileInfo(PathOf(newest));
            if (found.Exists)
                return new ObjectVersion(newest, found.Length, found.LastWriteTimeUtc);
        }

        throw new GridException(GridErrorCode.Busy, $"{path} changed {RetriesMax} times while it was being read; try again.");
    }

    /// <summary>The file of a version.</summary>
    public string PathOf(long version) => Path.Combine(path, version.ToString(CultureInfo.InvariantCulture).PadLeft(VersionDigits, '0'));

    /// <summary>A file for a version's bytes, before it has a name. The folder must exist.</summary>
    public ObjectDraft Draft() => new(Path.Combine(path, TemporaryPrefix + Guid.NewGuid().ToString("N")));

    /// <summary>Writes a version that must be new; false where another writer took its name first.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.StorageFailed"/>: not known whether it took effect.</exception>
    public bool TryWrite(long version, ReadOnlySpan<byte> header, ReadOnlySpan<byte> content, ulong nonce)
    {
        using var draft = Draft();
        draft.Write(header, 0);
        draft.Write(content, header.Length);
        return TryPublish(version, draft, nonce);
    }

    /// <summary>Gives a draft that is written to its end the name of a version, as <see cref="TryWrite"/>.</summary>
    public bool TryPublish(long version, ObjectDraft draft, ulong nonce)
    {
        // 1. The content is on the disk before its name is: a reader never sees a part.
        draft.Finish();

        // 2. The name. A network file system may answer "exists" to the repeat of a call that succeeded: the nonce tells whose file it is.
        var target = PathOf(version);
        if (!FileSystemCalls.TryMoveExclusive(draft.Path, target) && !IsMine(target, nonce))
            return false;

        // 3. The name is on the disk before the writer is told.
        FileSystemCalls.FlushDirectory(path);

        var newest = FindNewest().Number;
        if (newest > version + VersionsKept)
            throw new GridException(GridErrorCode.StorageFailed,
                $"Version {version} of {path} was overtaken by version {newest} while it was written; whether it took effect is not known. Read the object and decide.");
        RemoveOld(newest);
        return true;
    }

    /// <summary>Makes the folder and makes its way from the root durable, also where another writer is just making it.</summary>
    public void Create(string root)
    {
        Directory.CreateDirectory(path);
        for (var folder = Path.GetDirectoryName(path)!; folder.Length >= root.Length; folder = Path.GetDirectoryName(folder)!)
            FileSystemCalls.FlushDirectory(folder);
    }

    private static bool IsMine(string target, ulong nonce)
    {
        using var handle = File.OpenHandle(target, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> bytes = stackalloc byte[ObjectFile.HeaderLength];
        var count = RandomAccess.Read(handle, bytes, 0);
        return ObjectFile.TryRead(bytes[..count], RandomAccess.GetLength(handle), out var file) && file.Nonce == nonce;
    }

    private void RemoveOld(long newest)
    {
        var old = new List<long>();
        foreach (var file in new DirectoryInfo(path).EnumerateFiles())
        {
            if (TryParse(file.Name, out var number))
            {
                if (number < newest - VersionsKept)
                    old.Add(number);
            }
            else if (file.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal) && file.LastWriteTimeUtc < DateTime.UtcNow - TemporaryAgeMax)
            {
                ObjectDraft.TryDelete(file.FullName); // left by a writer that crashed
            }
        }

        old.Sort();
        foreach (var number in old)
            if (!ObjectDraft.TryDelete(PathOf(number)))
                return; // rising order is what slow writers rely on
    }

    private static bool TryParse(string name, out long version)
    {
        version = 0;
        return name.Length == VersionDigits && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out version);
    }
}
