namespace Grid.Abstractions;

/// <summary>Bits of a frame header's flags field.</summary>
[Flags]
public enum FrameFlags : ushort
{
    /// <summary>Nothing set.</summary>
    None = 0,

    /// <summary>Rows carry change kinds in a last int8 column <c>_change</c>.</summary>
    ChangeKinds = 1,
}
