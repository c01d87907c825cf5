namespace Grid.Storage.Lake.Commit;

/// <summary>Why a commit was given up before it was in the table.</summary>
public enum DiscardReason
{
    /// <summary>Somebody else moved a bucket that the change moves or counts on: its files have rows that are in the table already. A new attempt begins from the new offsets.</summary>
    OffsetsMoved,

    /// <summary>A file that the change removes or counts on is not part of the table any more.</summary>
    FileGone,

    /// <summary>The table has deletes that may be for rows of a file that the change rewrites, and the change knows of none.</summary>
    HasDeletes,

    /// <summary>Others created the next version first, as often as it was tried.</summary>
    Outrun,

    /// <summary>The store failed until the attempts were used up; to try again at once makes nothing better.</summary>
    StoreFailed,

    /// <summary>Its caller gave it up.</summary>
    Cancelled,

    /// <summary>The head needs no new version.</summary>
    NotNeeded,
}
