using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Silo.Clustering;

/// <summary>
/// Conditional writes whose outcome is always known in the end: where the store says that it does not know, the object is read. Every content carries a mark of its
/// write, so the reader can tell its own write from another's.
/// </summary>
internal sealed class ConditionalWriter(IObjectStore store)
{
    /// <summary>Writes whose outcome stays unknown this often in a row are given up; the last failure is thrown.</summary>
    private const int AttemptsMax = 3;

    /// <summary>Creates the object (<paramref name="expected"/> is null), or replaces exactly that version.</summary>
    /// <param name="name">The object.</param>
    /// <param name="content">What to write.</param>
    /// <param name="expected">The version to replace; null: there must be none.</param>
    /// <param name="carriesWrite">Whether a content that was read is the result of this write, or was made on top of it.</param>
    /// <param name="cancellationToken">Gives up waiting; the write may still take effect.</param>
    /// <returns>The tag of the version that carries the write; null: another writer was first, nothing happened.</returns>
    /// <exception cref="GridException">The store fails, and goes on failing.</exception>
    public async Task<ObjectTag?> TryWriteAsync(
        string name, ReadOnlyMemory<byte> content, ObjectTag? expected, Func<ObjectContent, bool> carriesWrite, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var written = expected is { } tag
                    ? await store.TryReplaceAsync(name, content, tag, cancellationToken).ConfigureAwait(false)
                    : await store.TryCreateAsync(name, content, cancellationToken).ConfigureAwait(false);
                // A repeat that is refused may have been overtaken by its own first attempt.
                return written is null && attempt > 1 ? await FindAsync(name, carriesWrite, cancellationToken).ConfigureAwait(false) : written;
            }
            catch (GridException unknown) when (MayHaveWritten(unknown) && attempt < AttemptsMax)
            {
                var present = await store.ReadAsync(name, cancellationToken).ConfigureAwait(false);
                if (present is not null && carriesWrite(present))
                    return present.Tag;
                if (present?.Tag != expected)
                    return null;

                // Nothing has changed: the same write, under the same condition, may be sent again.
            }
        }
    }

    private async Task<ObjectTag?> FindAsync(string name, Func<ObjectContent, bool> carriesWrite, CancellationToken cancellationToken)
    {
        var present = await store.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        return present is not null && carriesWrite(present) ? present.Tag : null;
    }

    private static bool MayHaveWritten(GridException failure) => failure.Code is GridErrorCode.StorageFailed or GridErrorCode.Timeout or GridErrorCode.Busy;
}
