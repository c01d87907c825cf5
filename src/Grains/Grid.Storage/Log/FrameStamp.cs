using Grid.Abstractions;

namespace Grid.Storage.Log;

/// <summary>What a leader gives to the frames that it appends, beside their offsets.</summary>
internal readonly record struct FrameStamp(LeaderEpoch Epoch, long TimestampMs);
