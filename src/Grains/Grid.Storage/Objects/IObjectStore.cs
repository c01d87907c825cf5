namespace Grid.Storage.Objects;

/// <summary>The version of an object, for conditional replaces; opaque.</summary>
/// <param name="Value">The store's own tag.</param>
public readonly record struct ObjectTag(string Value);

/// <summary>An object's name, size and tag.</summary>
public sealed record ObjectEntry(string Name, long Length, ObjectTag Tag, DateTimeOffset ModifiedAt);

/// <summary>
/// Named objects with conditional writes: a directory, or an Azure Blob container. Names are '/'-joined segments of letters, digits, '.', '_'
/// and '-'. A write is atomic: readers see the old object or the new one. An outcome that is not known is an exception; whoever gets it reads.
/// What both stores do the same way, given these, stands in <see cref="ObjectStoreExtensions"/>: seekable streams, deletes of many.
/// </summary>
public interface IObjectStore
{
    /// <summary>Looks an object's length and tag up without reading it; null where there is none.</summary>
    Task<ObjectEntry?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads an object and checks its hash; null where there is none.</summary>
    Task<ObjectContent?> ReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads a range; null where there is no such object. A range beyond the end is cut.</summary>
    Task<ObjectContent?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken);

    /// <summary>Creates an object; null where one of that name exists.</summary>
    Task<ObjectTag?> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>
    /// Creates an object from a stream, which is read to its end (and left open), in blocks: memory does not grow with the object. Null where one of that
    /// name exists, the stream then may be unread. Nothing of the object is seen before all of it. An exception of the stream comes through as it is.
    /// </summary>
    Task<ObjectTag?> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken);

    /// <summary>Replaces an object that still has <paramref name="expected"/>; null where it has not, or is gone.</summary>
    Task<ObjectTag?> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, ObjectTag expected, CancellationToken cancellationToken);

    /// <summary>Deletes an object; false where there is none. True also where an answer was lost and the object is gone.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>Deletes an object that still has <paramref name="expected"/>; false where it has not, or is gone.</summary>
    Task<bool> TryDeleteAsync(string name, ObjectTag expected, CancellationToken cancellationToken);

    /// <summary>Lists the objects whose names begin with <paramref name="prefix"/>, in ordinal order.</summary>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken);
}

/// <summary>What was read, and of which version.</summary>
public sealed record ObjectContent(ReadOnlyMemory<byte> Bytes, ObjectTag Tag);
