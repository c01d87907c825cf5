namespace Grid.Abstractions;

/// <summary>What a file of a lake table holds; the numbers are those of the Iceberg spec's <c>content</c> field.</summary>
public enum LakeContent : byte
{
    /// <summary>Rows.</summary>
    Data = 0,

    /// <summary>Positions of rows in data files that are gone.</summary>
    PositionDeletes = 1,

    /// <summary>Keys of rows that are gone.</summary>
    EqualityDeletes = 2,
}
