using Azure;
using Azure.Storage.Blobs.Models;

namespace Grid.Storage.Objects.Blobs;

/// <summary>A version of a blob: its ETag, and the history that came with it. As an <see cref="ObjectTag"/>: <c>"ETAG" HISTORY</c>.</summary>
internal readonly record struct BlobVersion
{
    private BlobVersion(ETag etag, BlobHistory history) => (ETag, History) = (etag, history);

    public ETag ETag { get; }

    public BlobHistory History { get; }

    /// <summary>The version of an answer. Lists write an ETag without quotes, everything else with them.</summary>
    public static BlobVersion Of(ETag etag, BlobHistory history) => new(new ETag($"\"{etag.ToString().Trim('"')}\""), history);

    public static BlobVersion Of(BlobProperties properties) => Of(properties.ETag, BlobStamp.HistoryOf(properties.Metadata));

    /// <summary>The tag of a write that took effect and was replaced before its writer saw the ETag: it matches no version that is or will be.</summary>
    public static ObjectTag Overtaken(string nonce) => new("overtaken." + nonce);

    /// <summary>Reads a tag; false where it cannot be of a version that is there: an overtaken one, or none of this store's.</summary>
    public static bool TryParse(ObjectTag tag, out BlobVersion version)
    {
        version = default;
        var space = tag.Value?.IndexOf(' ', StringComparison.Ordinal) ?? -1;
        if (space < 3 || tag.Value![0] != '"' || tag.Value[space - 1] != '"' || !BlobHistory.TryParse(tag.Value[(space + 1)..], out var history))
            return false;
        version = new BlobVersion(new ETag(tag.Value[..space]), history);
        return true;
    }

    public ObjectTag ToTag() => new($"{ETag} {History.Text}");
}
