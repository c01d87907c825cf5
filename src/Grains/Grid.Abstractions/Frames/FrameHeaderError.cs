namespace Grid.Abstractions;

/// <summary>What is wrong with 64 bytes that should be a frame header.</summary>
public enum FrameHeaderError
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Fewer than 64 bytes.</summary>
    Truncated = 1,

    /// <summary>They do not begin with <c>GRF1</c>.</summary>
    Magic = 2,

    /// <summary>The header's own hash does not fit.</summary>
    Hash = 3,

    /// <summary>A field is outside its range although the hash fits: whoever wrote it was wrong.</summary>
    Range = 4,
}
