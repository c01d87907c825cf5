namespace Grid.Client.Writing;

/// <summary>What the window wants done next.</summary>
internal enum SendStep
{
    /// <summary>Nothing can be sent now.</summary>
    Wait,

    /// <summary>A frame was stamped and may be sent.</summary>
    Send,

    /// <summary>A writer id is needed; whoever gets this answer fetches it.</summary>
    AcquireWriter,
}
