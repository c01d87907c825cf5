using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Nodes;

/// <summary>
/// Nodes that are to become empty: <c>draining/NAME.json</c> in the object store. The name alone counts; the content says since when. A mark outlives its node's process and whoever set it.
/// Nothing is kept in memory. Thread safe.
/// </summary>
public sealed class DrainMarks(IObjectStore objects, TimeProvider time)
{
    private const string Folder = "draining/";
    private const string Extension = ".json";

    /// <summary>Marks a node; false where it is marked.</summary>
    public async Task<bool> TrySetAsync(NodeName node, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(
            new DrainMarkDocument { Format = NodeJson.Format, SinceMs = time.GetUtcNow().ToUnixTimeMilliseconds() }, NodeJson.Default.DrainMarkDocument);
        return await objects.TryCreateAsync(NameOf(node), content, cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>Takes a mark away; false where there is none.</summary>
    public Task<bool> ClearAsync(NodeName node, CancellationToken cancellationToken) => objects.DeleteAsync(NameOf(node), cancellationToken);

    /// <summary>The nodes that are marked. Objects with names of another form are passed over.</summary>
    public async Task<ImmutableHashSet<NodeName>> ListAsync(CancellationToken cancellationToken)
    {
        var nodes = ImmutableHashSet.CreateBuilder<NodeName>();
        await foreach (var entry in objects.ListAsync(Folder, cancellationToken).ConfigureAwait(false))
            if (entry.Name.EndsWith(Extension, StringComparison.Ordinal) && entry.Name[Folder.Length..^Extension.Length] is var name && NodeName.IsLegal(name))
                nodes.Add(new NodeName(name));
        return nodes.ToImmutable();
    }

    private static string NameOf(NodeName node) => $"{Folder}{node}{Extension}";
}
