using System.Collections.Immutable;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>A head's manifests without the files that a change removes.</summary>
/// <param name="Kept">Those that have none of them.</param>
/// <param name="Written">Those that replace the others.</param>
/// <param name="Removed">The files, as the head's manifests tell of them.</param>
internal sealed record RewrittenManifests(ImmutableArray<ManifestFile> Kept, ImmutableArray<ManifestFile> Written, ImmutableArray<LakeFile> Removed);
