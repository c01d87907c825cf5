using Grid.Storage.Objects;

namespace Grid.Storage.Lake.Files;

/// <summary>
/// The files of a warehouse as engines that are not ours open them: plain bytes under plain names, in a directory or in a blob container. Names are those of <see cref="IObjectStore"/>. A file is
/// seen whole or not at all, and what has a name never changes, but for the courtesy files of <see cref="PutAsync"/>. An outcome that is not known is an exception; whoever gets it reads.
/// </summary>
public interface ILakeStore
{
    /// <summary>The warehouse's root as engines write it, without a '/' at its end: <c>file:///…</c> or <c>abfss://…</c>.</summary>
    string Root { get; }

    /// <summary>Creates a file; false where one of that name exists.</summary>
    Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Creates a file from a stream, which is read to its end and left open; false where one of that name exists. An exception of the stream comes through as it is, and then there is no file.</summary>
    Task<bool> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken);

    /// <summary>Writes a small file over what is there. For hints that readers may ignore: the last one wins, and nobody waits for it.</summary>
    Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>The length of a file; null where there is none.</summary>
    Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken);

    /// <summary>A range of a file, cut at its end; null where there is no such file.</summary>
    Task<ReadOnlyMemory<byte>?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken);

    /// <summary>Deletes a file; false where there is none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>The files whose names begin with <paramref name="prefix"/>, in ordinal order, with their lengths and ages.</summary>
    IAsyncEnumerable<LakeEntry> ListAsync(string prefix, CancellationToken cancellationToken);
}
