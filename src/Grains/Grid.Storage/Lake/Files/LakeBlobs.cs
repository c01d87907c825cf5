using System.Runtime.CompilerServices;
using Grid.Storage.Objects;

namespace Grid.Storage.Lake.Files;

/// <summary>A warehouse in a blob container: an object there is a file.</summary>
/// <param name="objects">The container; one that keeps contents as they are.</param>
/// <param name="root">How engines name it: <c>abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PREFIX</c>, or another form that they understand.</param>
public sealed class LakeBlobs(AzureBlobObjectStore objects, string root) : ILakeStore
{
    /// <inheritdoc/>
    public string Root { get; } = root.TrimEnd('/');

    /// <inheritdoc/>
    public async Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await objects.TryCreateAsync(name, content, cancellationToken).ConfigureAwait(false) is not null;

    /// <inheritdoc/>
    public async Task<bool> TryCreateFromAsync(string name, Stream content, CancellationToken cancellationToken) =>
        await objects.TryCreateFromAsync(name, content, cancellationToken).ConfigureAwait(false) is not null;

    /// <inheritdoc/>
    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        // Who loses a race has nothing to add: the other one's hint is as good.
        if (await objects.TryCreateAsync(name, content, cancellationToken).ConfigureAwait(false) is null
            && await objects.FindAsync(name, cancellationToken).ConfigureAwait(false) is { } there)
            await objects.TryReplaceAsync(name, content, there.Tag, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken) =>
        (await objects.FindAsync(name, cancellationToken).ConfigureAwait(false))?.Length;

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>?> ReadRangeAsync(string name, long offset, int length, CancellationToken cancellationToken) =>
        (await objects.ReadRangeAsync(name, offset, length, cancellationToken).ConfigureAwait(false))?.Bytes;

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => objects.DeleteAsync(name, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<LakeEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in objects.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
            yield return new LakeEntry(entry.Name, entry.Length, entry.ModifiedAt);
    }
}
