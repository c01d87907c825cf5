namespace Grid.Abstractions;

/// <summary>What a row of a changelog says happened. The numbers are stored.</summary>
public enum ChangeKind : sbyte
{
    /// <summary><c>+I</c>: the row is new.</summary>
    Insert = 0,

    /// <summary><c>-U</c>: the row before an update.</summary>
    UpdateBefore = 1,

    /// <summary><c>+U</c>: the row after an update.</summary>
    UpdateAfter = 2,

    /// <summary><c>-D</c>: the row that was deleted.</summary>
    Delete = 3,
}
