using Grid.Storage.Objects;
using Orleans.Runtime;

namespace Grid.Silo.Clustering;

/// <summary>The membership table as it was read, and the tag it had. No object is an empty table of version 0.</summary>
internal sealed record MembershipTableObject(MembershipDocument Document, ObjectTag? Tag)
{
    /// <summary>The tag as Orleans carries it around; empty while there is no object.</summary>
    public string TagText => Tag?.Value ?? "";

    public static async Task<MembershipTableObject> ReadAsync(IObjectStore store, string name, string clusterId, CancellationToken cancellationToken)
    {
        var content = await store.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (content is null)
        {
            var empty = new MembershipDocument { Format = ClusterJson.Format, Cluster = clusterId, Version = 0, Writes = [], Rows = [] };
            return new MembershipTableObject(empty, null);
        }

        var document = ClusterJson.Read(name, content, ClusterJson.Default.MembershipDocument, d => d.Format);
        if (Array.Exists(document.Rows, row => row is null || (row.Suspects is { } votes && Array.Exists(votes, vote => vote is null))))
            throw ClusterJson.Damaged(name, "a row or a vote is null");
        return document.Cluster == clusterId && document.Version >= 0
            ? new MembershipTableObject(document, content.Tag)
            : throw ClusterJson.Damaged(name, $"it is version {document.Version} of the cluster '{document.Cluster}', not of '{clusterId}'");
    }

    /// <summary>The row of a silo; null where it has none.</summary>
    public MembershipRow? Find(SiloAddress silo)
    {
        var text = silo.ToParsableString();
        return Array.Find(Document.Rows, row => row.Silo == text);
    }
}
