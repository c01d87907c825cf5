using System.Globalization;

namespace Grid.Storage.Objects.Blobs;

/// <summary>
/// What Grid keeps in a blob's metadata under <see cref="Key"/> (docs/formats.md, "Object store container"): <c>1.HASH.NONCE.NONCE...</c>; version 1,
/// XxHash3-64 of the content, the nonces of the last writes.
/// </summary>
internal readonly record struct BlobStamp(ulong ContentHash, BlobHistory History)
{
    public const string Key = "gridobject";

    private const string Version = "1.";
    private const int HashDigits = 16;

    /// <summary>Reads the stamp; false where the blob has none, or one that does not read as above.</summary>
    public static bool TryRead(IDictionary<string, string>? metadata, out BlobStamp stamp)
    {
        stamp = default;
        if (metadata is null || !metadata.TryGetValue(Key, out var text) || !text.StartsWith(Version, StringComparison.Ordinal))
            return false;
        var rest = text.AsSpan(Version.Length);
        if (rest.Length < HashDigits + 2 || rest[HashDigits] != '.'
            || !ulong.TryParse(rest[..HashDigits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash)
            || !BlobHistory.TryParse(rest[(HashDigits + 1)..].ToString(), out var history))
            return false;
        stamp = new BlobStamp(hash, history);
        return true;
    }

    /// <summary>The history in a blob's metadata; empty where there is no stamp.</summary>
    public static BlobHistory HistoryOf(IDictionary<string, string>? metadata) => TryRead(metadata, out var stamp) ? stamp.History : BlobHistory.Empty;

    public Dictionary<string, string> ToMetadata() =>
        new() { [Key] = $"{Version}{ContentHash.ToString("x16", CultureInfo.InvariantCulture)}.{History.Text}" };
}
