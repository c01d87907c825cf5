namespace Grid.Abstractions;

/// <summary>What a table's tiering does.</summary>
public enum LakeActivity : byte
{
    /// <summary>Nothing: the table's option is off.</summary>
    Off = 0,

    /// <summary>It waits for rows, or for the freshness to be due.</summary>
    Waiting = 1,

    /// <summary>A round is under way.</summary>
    Tiering = 2,

    /// <summary>The last round failed; it is tried again.</summary>
    Failing = 3,
}
