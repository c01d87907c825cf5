using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Nodes;

/// <summary>
/// A small document in a data directory that is written once, by whoever holds the directory's lock: as <c>NAME.new</c>, flushed, renamed, directory flushed. So it is there as a whole or not
/// at all. Blocking.
/// </summary>
internal static class NodeFile
{
    /// <summary>Reads it; null where there is none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, or <see cref="GridErrorCode.StorageFailed"/>: of a later format.</exception>
    public static T? Read<T>(IFileStore files, string path, JsonTypeInfo<T> type, Func<T, int> formatOf)
        where T : class
    {
        if (!files.Exists(path))
            return null;
        using var file = files.Open(path);
        if (file.Length > NodeJson.BytesMax)
            throw NodeJson.Damaged(path, $"it has {file.Length} bytes, more than {NodeJson.BytesMax}");
        var bytes = new byte[(int)file.Length];
        var read = 0;
        while (read < bytes.Length && file.Read(bytes.AsSpan(read), read) is > 0 and var more)
            read += more;
        return NodeJson.Read(path, bytes.AsSpan(0, read), type, formatOf);
    }

    /// <summary>Writes it; durable when it returns.</summary>
    public static void Create<T>(IFileStore files, string directory, string name, T document, JsonTypeInfo<T> type)
    {
        var path = Path.Combine(directory, name + ".new");
        files.Delete(path); // of a start that was cut off
        using (var file = files.Create(path))
        {
            file.Write([JsonSerializer.SerializeToUtf8Bytes(document, type)], 0);
            file.Flush();
        }

        files.Rename(path, Path.Combine(directory, name));
        files.SyncDirectory(directory);
    }
}
