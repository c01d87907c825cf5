using Grid.Abstractions;
using Grid.Storage.Files;

namespace Grid.Storage.Nodes;

/// <summary>
/// <c>node.json</c>: says whose a data directory is. Written once, when the directory is first used; nothing was acknowledged before it was there.
/// </summary>
internal static class NodeIdentityFile
{
    private const string Name = "node.json";

    /// <summary>The identity in the directory, or a new one.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.DirectoryInUse"/>: it is another node's.</exception>
    public static NodeIdentity LoadOrCreate(IFileStore files, string directory, NodeName node, TimeProvider time)
    {
        var path = Path.Combine(directory, Name);
        if (NodeFile.Read(files, path, NodeJson.Default.NodeIdentityDocument, document => document.Format) is not { } document)
            return Create(files, directory, new NodeIdentity(node, NodeId.Create(), time.GetUtcNow().ToUnixTimeMilliseconds()));
        if (!NodeName.IsLegal(document.Name) || !NodeId.TryParse(document.Id, out var id) || document.CreatedMs < 0)
            throw NodeJson.Damaged(path, "the name, the id or the time is not legal");
        var identity = new NodeIdentity(new NodeName(document.Name), id, document.CreatedMs);
        return identity.Name == node ? identity
            : throw new GridException(GridErrorCode.DirectoryInUse,
                $"The data directory {directory} belongs to node '{identity.Name}', not to '{node}'. Start it as that node (Grid:Node, --node {identity.Name}), or give '{node}' a directory of its own.");
    }

    private static NodeIdentity Create(IFileStore files, string directory, NodeIdentity identity)
    {
        var document = new NodeIdentityDocument { Format = NodeJson.Format, Name = identity.Name.Value, Id = identity.Id.ToString(), CreatedMs = identity.CreatedMs };
        NodeFile.Create(files, directory, Name, document, NodeJson.Default.NodeIdentityDocument);
        return identity;
    }
}
