using System.Text.Json;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Nodes;

/// <summary>
/// Which object store has the records of a data directory's buckets: <c>store.json</c>, with the same random number, in both. The store's is made by the first node that uses it, a directory's
/// when its node first starts. Without it a node that is pointed at another cluster's store would take that one's bucket records for its own buckets', and delete what they do not name.
/// </summary>
public static class StoreIdentity
{
    private const string Name = "store.json";

    /// <summary>Lets the node use the store, if it is the one that it has always used.</summary>
    /// <returns>The store's number.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.DirectoryInUse"/>: the directory's buckets are recorded in another store; <see cref="GridErrorCode.Corrupt"/>; the store does not answer.</exception>
    public static async Task<NodeId> EnsureAsync(StorageNode node, IObjectStore objects, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(objects);
        var directory = node.Options.DataDirectory;
        var own = Load(node, Path.Combine(directory, Name));
        var store = await ReadAsync(objects, cancellationToken).ConfigureAwait(false);
        if (store is null && own is { } known)
            throw Refuse(directory, $"an object store with the number {known}, and this one has none: it is another one, or was emptied");
        store ??= await CreateAsync(objects, node.Time, cancellationToken).ConfigureAwait(false);
        if (own is null)
            NodeFile.Create(node.Files, directory, Name, Document(store.Value, node.Time), NodeJson.Default.StoreIdentityDocument);
        else if (own != store)
            throw Refuse(directory, $"the object store {own}, and this is {store}");
        return store.Value;
    }

    private static async Task<NodeId> CreateAsync(IObjectStore objects, TimeProvider time, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(Document(NodeId.Create(), time), NodeJson.Default.StoreIdentityDocument);

        // Whoever was first; whether that was this node does not matter.
        await objects.TryCreateAsync(Name, content, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(objects, cancellationToken).ConfigureAwait(false)
            ?? throw new GridException(GridErrorCode.StorageFailed, $"'{Name}' is gone from the object store right after it was made. See who deletes from it, and start again.");
    }

    private static async Task<NodeId?> ReadAsync(IObjectStore objects, CancellationToken cancellationToken) =>
        await objects.ReadAsync(Name, cancellationToken).ConfigureAwait(false) is { } content
            ? Parse(Name, NodeJson.Read(Name, content.Bytes.Span, NodeJson.Default.StoreIdentityDocument, document => document.Format))
            : null;

    private static NodeId? Load(StorageNode node, string path) =>
        NodeFile.Read(node.Files, path, NodeJson.Default.StoreIdentityDocument, document => document.Format) is { } document ? Parse(path, document) : null;

    private static NodeId Parse(string name, StoreIdentityDocument document) =>
        NodeId.TryParse(document.Id, out var id) ? id : throw NodeJson.Damaged(name, "the id is not legal");

    private static StoreIdentityDocument Document(NodeId id, TimeProvider time) =>
        new() { Format = NodeJson.Format, Id = id.ToString(), CreatedMs = time.GetUtcNow().ToUnixTimeMilliseconds() };

    private static GridException Refuse(string directory, string what) =>
        new(GridErrorCode.DirectoryInUse, $"The buckets in the data directory {directory} are recorded in {what}. Give the node the object store it had (Grid:Cluster, --cluster), or a directory of its own.");
}
