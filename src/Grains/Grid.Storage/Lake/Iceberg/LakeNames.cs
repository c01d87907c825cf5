using System.Globalization;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>Where a table's files are, below its folder. Only Iceberg's own files are in <c>metadata/</c>: some engines take the highest <c>v…</c> there for the table.</summary>
internal static class LakeNames
{
    /// <summary>Has the number of the newest metadata file, for readers without a catalog; it may lag behind.</summary>
    public const string VersionHint = "metadata/version-hint.text";

    private const string MetadataPrefix = "metadata/v";
    private const string MetadataSuffix = ".metadata.json";

    /// <summary>The metadata file of that version, from 1.</summary>
    public static string Metadata(int version) => string.Create(CultureInfo.InvariantCulture, $"{MetadataPrefix}{version}{MetadataSuffix}");

    /// <summary>The version of a metadata file by its name, or null.</summary>
    public static int? VersionOf(string name) =>
        name.StartsWith(MetadataPrefix, StringComparison.Ordinal) && name.EndsWith(MetadataSuffix, StringComparison.Ordinal) && name.Length > MetadataPrefix.Length + MetadataSuffix.Length
        && int.TryParse(name.AsSpan(MetadataPrefix.Length, name.Length - MetadataPrefix.Length - MetadataSuffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version : null;

    /// <summary>A manifest list: one for each attempt to commit a snapshot.</summary>
    public static string ManifestList(SnapshotId snapshot, int attempt, Guid unique) =>
        string.Create(CultureInfo.InvariantCulture, $"metadata/snap-{snapshot}-{attempt}-{unique:D}.avro");

    /// <summary>A manifest: written once, whatever becomes of the commit.</summary>
    public static string Manifest(Guid unique, int number) => string.Create(CultureInfo.InvariantCulture, $"metadata/{unique:D}-m{number}.avro");
}
