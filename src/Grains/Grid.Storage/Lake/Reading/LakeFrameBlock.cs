using Grid.Abstractions;

namespace Grid.Storage.Lake.Reading;

/// <summary>A piece of a read.</summary>
/// <param name="Frames">Whole frames, for the caller to dispose; null: all that was looked at was skipped.</param>
/// <param name="Next">The offset after everything sent or skipped.</param>
internal sealed record LakeFrameBlock(FrameBlock? Frames, LogOffset Next);
