namespace Grid.Storage.Log;

/// <summary>What a segment file's name says of its place in the log.</summary>
internal enum SegmentPlace
{
    /// <summary>It follows the one before it, which is sealed on disk.</summary>
    Final,

    /// <summary>Its predecessor may not be on disk, see <see cref="BucketLog"/>.</summary>
    Pending,

    /// <summary>It is the whole log: all others are to be deleted, see <see cref="LogRestart"/>.</summary>
    Only,
}
