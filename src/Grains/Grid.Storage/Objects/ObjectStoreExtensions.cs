using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>What every object store does the same way.</summary>
public static class ObjectStoreExtensions
{
    /// <summary>Opens an object as a seekable stream over the version it has now; null where there is none. See <see cref="ObjectReadStream"/>.</summary>
    public static Task<ObjectReadStream?> OpenReadAsync(this IObjectStore store, string name, CancellationToken cancellationToken) =>
        store.OpenReadAsync(name, 0, long.MaxValue, ObjectLimits.StreamBlockBytes, cancellationToken);

    /// <summary>Opens a range of an object as a seekable stream, cut at the object's end; null where there is no such object.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="offset">Where the range begins; the stream's position 0.</param>
    /// <param name="length">Bytes of the range.</param>
    /// <param name="blockBytes">Bytes that are read at once; the stream holds up to two blocks.</param>
    /// <param name="cancellationToken">Ends the opening, not the reading.</param>
    public static async Task<ObjectReadStream?> OpenReadAsync(
        this IObjectStore store, string name, long offset, long length, int blockBytes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockBytes, ObjectLimits.PieceBytesMax);
        var entry = await store.FindAsync(name, cancellationToken).ConfigureAwait(false);
        return entry is null ? null : new ObjectReadStream(store, entry, offset, Math.Min(Math.Max(entry.Length - offset, 0), length), blockBytes);
    }

    /// <summary>Deletes objects, at most <paramref name="atOnce"/> at a time; those that are not there are passed over.</summary>
    /// <returns>How many were there. After a failure some may be deleted: ask again.</returns>
    public static async Task<long> DeleteManyAsync(this IObjectStore store, IEnumerable<string> names, int atOnce, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        var deleted = 0L;
        await Parallel.ForEachAsync(names, Options(atOnce, cancellationToken), async (name, token) =>
        {
            if (await store.DeleteAsync(name, token).ConfigureAwait(false))
                Interlocked.Increment(ref deleted);
        }).ConfigureAwait(false);
        return deleted;
    }

    /// <summary>Deletes all objects whose names begin with <paramref name="prefix"/>, at most <paramref name="atOnce"/> at a time.</summary>
    /// <returns>How many. What is created meanwhile may stay. After a failure some may be deleted: ask again.</returns>
    public static async Task<long> DeletePrefixAsync(this IObjectStore store, string prefix, int atOnce, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        var deleted = 0L;
        await Parallel.ForEachAsync(store.ListAsync(prefix, cancellationToken), Options(atOnce, cancellationToken), async (entry, token) =>
        {
            if (await store.DeleteAsync(entry.Name, token).ConfigureAwait(false))
                Interlocked.Increment(ref deleted);
        }).ConfigureAwait(false);
        return deleted;
    }

    private static ParallelOptions Options(int atOnce, CancellationToken cancellationToken) => atOnce is >= 1 and <= 256
        ? new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken }
        : throw new GridException(GridErrorCode.InvalidArgument, $"{atOnce} deletes at once are not legal; use 1 to 256.");
}
