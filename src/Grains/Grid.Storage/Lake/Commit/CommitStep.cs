namespace Grid.Storage.Lake.Commit;

/// <summary>What a commit does next; see <see cref="CommitProtocol"/>.</summary>
public enum CommitStep
{
    /// <summary>Find the newest metadata file and read it.</summary>
    ReadHead,

    /// <summary>Write a manifest list on top of the head's snapshot.</summary>
    WriteList,

    /// <summary>Create the metadata file after the head, if there is none.</summary>
    CreateVersion,

    /// <summary>Read the metadata file of the number that was to be created.</summary>
    ReadVersion,

    /// <summary>It is over: the snapshot is in the table.</summary>
    Committed,

    /// <summary>It is over: the snapshot is not in the table and will not be, as <see cref="CommitProtocol.Reason"/> says. Its files are nobody's, and may be deleted.</summary>
    Discarded,

    /// <summary>It is over, and how it ended is not known: its files must stay. Whoever reads the head later finds out.</summary>
    Unknown,
}
