using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>A manifest that is to be written.</summary>
/// <param name="Name">Its name below the table's folder.</param>
/// <param name="Bytes">The file.</param>
/// <param name="File">What the manifest list says of it.</param>
internal sealed record MadeManifest(string Name, byte[] Bytes, ManifestFile File);
