using Grid.Abstractions;

namespace Grid.Storage.Lake;

/// <summary>What is said of files of a lake table that do not read: they may be anybody's.</summary>
internal static class LakeErrors
{
    /// <summary>The bytes break their format.</summary>
    public static GridException Damaged(string problem) =>
        new(GridErrorCode.Corrupt, $"A file of a lake table is damaged: {problem}. Restore it, or go back to an older snapshot.");

    /// <summary>The bytes break their format.</summary>
    public static GridException Damaged(string problem, Exception cause) =>
        new(GridErrorCode.Corrupt, $"A file of a lake table is damaged: {problem}. Restore it, or go back to an older snapshot.", cause);

    /// <summary>The bytes may be right, but say something that Grid does not read. They say so however often they are read, so it is no failure of the store.</summary>
    public static GridException Unsupported(string what) =>
        new(GridErrorCode.Corrupt, $"A file of a lake table has {what}, which Grid does not read. Read the table with another engine, or have it written without.");

    /// <summary>A file that a snapshot has is not in the store: it was deleted, or its snapshot expired while it was read.</summary>
    public static GridException Gone(string name, string root) =>
        new(GridErrorCode.StorageFailed, $"{name} is not in {root}, though a snapshot has it: it was deleted. Read a newer snapshot, or restore the file.", new FileNotFoundException(name));

    /// <summary>Whether an exception is <see cref="Gone"/>.</summary>
    public static bool IsGone(Exception exception) => exception is GridException { Code: GridErrorCode.StorageFailed, InnerException: FileNotFoundException };

    /// <summary>More than the limit.</summary>
    public static GridException TooLarge(string what, long actual, long max) =>
        new(GridErrorCode.TooLarge, $"A file of a lake table has {actual} {what}; at most {max} are read.");
}
