namespace Grid.Storage.Lake.Commit;

/// <summary>What is found under the number of the version that a commit wanted to create.</summary>
public enum CreatedVersion
{
    /// <summary>Nothing, so far.</summary>
    Missing,

    /// <summary>A version with the commit's snapshot.</summary>
    Ours,

    /// <summary>Another one.</summary>
    Foreign,
}
