namespace Grid.Client;

/// <summary>How keys are looked up.</summary>
public sealed record LookupOptions
{
    /// <summary>The columns wanted, by name; null: all. Where rows have a type, it decides.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Which copy of a bucket answers.</summary>
    public ReadPreference Preference { get; init; }

    /// <summary>What the answer must reflect; a leader's answer always reflects every acknowledged write.</summary>
    public ReadFloor Floor { get; init; } = ReadFloor.None;
}
