namespace Grid.Storage.Lake.Iceberg;

/// <summary>What a manifest lists: never both, because those of deletes are read first. The numbers are those of the spec.</summary>
internal enum ManifestContent
{
    Data = 0,
    Deletes = 1,
}
