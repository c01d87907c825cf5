using Grid.Abstractions;

namespace Grid.Storage.Lake.Reading;

/// <summary>A data file of one bucket and the offsets in it.</summary>
/// <param name="File">The file.</param>
/// <param name="Start">Its first row's offset.</param>
/// <param name="End">The offset after its last row's; every one between is there.</param>
internal sealed record LakeBucketFile(LakeFile File, LogOffset Start, LogOffset End);
