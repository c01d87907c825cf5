namespace Grid.Abstractions;

/// <summary>
/// Columns that Grid itself adds as the last columns of a frame's message. Their names start with '_', which no table column may when it
/// would collide; their ids are negative.
/// </summary>
public static class SystemColumns
{
    /// <summary>The change kind of each row, int8, not null; last column of every frame with <see cref="FrameFlags.ChangeKinds"/>.</summary>
    public const string ChangeName = "_change";

    /// <summary>The version of each row (the offset of its last change), int64, not null; last column of an answer that was asked for versions.</summary>
    public const string VersionName = "_version";

    /// <summary>The id of <see cref="ChangeName"/>.</summary>
    public static readonly ColumnId Change = new(-1);

    /// <summary>The id of <see cref="VersionName"/>.</summary>
    public static readonly ColumnId Version = new(-2);

    /// <summary>Whether a table may not use this name.</summary>
    public static bool IsReserved(string name) => name is ChangeName or VersionName || name.StartsWith("__", StringComparison.Ordinal);
}
