using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>What is said of objects of remote segments that do not read.</summary>
internal static class RemoteErrors
{
    /// <summary>The bytes are not what was written.</summary>
    public static GridException Damaged(string name, string problem) =>
        new(GridErrorCode.Corrupt, $"Object '{name}' of remote segments is damaged: {problem}. Restore it from a backup; nothing was changed.");

    /// <summary>The bytes are not what was written.</summary>
    public static GridException Damaged(string name, Exception cause) =>
        new(GridErrorCode.Corrupt, $"Object '{name}' of remote segments is damaged: {cause.Message}", cause);

    /// <summary>An object is not there, though a manifest had it: it expired since that was read, or it was deleted.</summary>
    public static GridException Gone(string name) =>
        new(GridErrorCode.StorageFailed, $"Object '{name}' of remote segments is not in the object store, though the bucket's manifest has it. Restore it from a backup.", new FileNotFoundException(name));

    /// <summary>Whether an exception is <see cref="Gone"/>.</summary>
    public static bool IsGone(Exception exception) => exception is GridException { Code: GridErrorCode.StorageFailed, InnerException: FileNotFoundException };
}
