namespace Grid.Storage.Lake.Tables;

/// <summary>How a commit ended.</summary>
internal enum LakeOutcome
{
    /// <summary>The change is in the table.</summary>
    Committed,

    /// <summary>It is not and will not be. Its data files are their owner's, who may delete them.</summary>
    Discarded,

    /// <summary>It may be or still come: its data files must stay. Read the table later, and compare offsets.</summary>
    Unknown,
}
