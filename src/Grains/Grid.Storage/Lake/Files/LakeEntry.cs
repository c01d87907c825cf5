namespace Grid.Storage.Lake.Files;

/// <summary>A file of a warehouse.</summary>
public sealed record LakeEntry(string Name, long Length, DateTimeOffset ModifiedAt);
