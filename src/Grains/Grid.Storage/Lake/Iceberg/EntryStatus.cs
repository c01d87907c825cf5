namespace Grid.Storage.Lake.Iceberg;

/// <summary>What a manifest says of a file. The numbers are those of the spec.</summary>
internal enum EntryStatus
{
    /// <summary>It was there before and is taken over from an older manifest.</summary>
    Existing = 0,

    /// <summary>It is new.</summary>
    Added = 1,

    /// <summary>It is gone; for information, scans pass over it.</summary>
    Deleted = 2,
}
