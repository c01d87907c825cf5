namespace Grid.Client.Writing;

/// <summary>What a refusal for the sequence says about the frame it refused.</summary>
internal enum OutOfOrder
{
    /// <summary>An earlier frame has not arrived yet: send again.</summary>
    Early,

    /// <summary>The bucket has forgotten the writer; the frame was set aside for a new one.</summary>
    Forgotten,

    /// <summary>The bucket expects a later frame: this one was stored or given up long ago, and nothing can tell which.</summary>
    Past,
}
