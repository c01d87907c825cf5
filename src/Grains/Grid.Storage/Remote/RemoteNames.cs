using System.Globalization;
using Grid.Abstractions;

namespace Grid.Storage.Remote;

/// <summary>Names of a bucket's objects: <c>remote/TABLE/PARTITION/BUCKET/manifest</c>, and for each copy of a segment <c>OFFSET-NONCE.arrow</c> and <c>.index</c> beside it.</summary>
internal static class RemoteNames
{
    public const string Root = "remote/";
    private const string ManifestName = "manifest";

    /// <summary>What the names of all of a bucket's objects begin with.</summary>
    public static string FolderOf(BucketId bucket) => $"{Root}{bucket}/";

    /// <summary>What the names of all of a table's objects begin with.</summary>
    public static string FolderOf(TableId table) => string.Create(CultureInfo.InvariantCulture, $"{Root}{table.Value}/");

    public static string ManifestOf(BucketId bucket) => FolderOf(bucket) + ManifestName;

    /// <summary>The segment itself.</summary>
    public static string SegmentOf(BucketId bucket, in RemoteSegment segment) => StemOf(bucket, segment) + ".arrow";

    /// <summary>Where its frames lie.</summary>
    public static string IndexOf(BucketId bucket, in RemoteSegment segment) => StemOf(bucket, segment) + ".index";

    private static string StemOf(BucketId bucket, in RemoteSegment segment) =>
        string.Create(CultureInfo.InvariantCulture, $"{FolderOf(bucket)}{segment.BaseOffset.Value:D20}-{segment.Nonce:x16}");
}
