using Grid.Abstractions;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Lake.Tiering;

/// <summary>What tiering may use on a node. Memory: <see cref="WritersMax"/> times about <see cref="RowGroupBytesMax"/>, of primary-key tables <see cref="KeyRoundBytesMax"/> more, and two pieces of an upload each.</summary>
public sealed record TierOptions
{
    /// <summary>Files written at a time, 1 to 64.</summary>
    public int WritersMax { get; init; } = 2;

    /// <summary>How long a bucket's round waits for its turn to write, milliseconds, 1 or more; then it is put off.</summary>
    public int TurnMsMax { get; init; } = 20_000;

    /// <summary>Most Arrow bytes of a row group, 1 MiB to 1 GiB.</summary>
    public long RowGroupBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>A file is ended when it has about this many bytes, 64 KiB to 4 GiB.</summary>
    public long FileBytesTarget { get; init; } = 128L * 1024 * 1024;

    /// <summary>Most bytes of frames that a round reads of one bucket, 1 MiB or more; what is left waits for the next, so that other tables have a turn.</summary>
    public long RoundBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Most bytes of changes of a primary-key table that a round holds of one bucket, 1 MiB to 1 GiB: a round writes what they come to.</summary>
    public long KeyRoundBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>How long a round reads of one bucket, milliseconds, 1 or more.</summary>
    public int RoundMsMax { get; init; } = 20_000;

    /// <summary>zstd's level in files, 1 to 22.</summary>
    public int ZstdLevel { get; init; } = 3;

    internal LakeWriterOptions Writer => new() { RowGroupBytesMax = RowGroupBytesMax, ZstdLevel = ZstdLevel };

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the option, its value, the legal range.</exception>
    public void Validate()
    {
        const long KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;
        Require(WritersMax is >= 1 and <= 64, nameof(WritersMax), WritersMax, "1 to 64");
        Require(TurnMsMax >= 1, nameof(TurnMsMax), TurnMsMax, "1 or more");
        Require(RowGroupBytesMax is >= MiB and <= GiB, nameof(RowGroupBytesMax), RowGroupBytesMax, $"{MiB} (1 MiB) to {GiB} (1 GiB)");
        Require(FileBytesTarget is >= 64 * KiB and <= 4 * GiB, nameof(FileBytesTarget), FileBytesTarget, $"{64 * KiB} (64 KiB) to {4 * GiB} (4 GiB)");
        Require(RoundBytesMax >= MiB, nameof(RoundBytesMax), RoundBytesMax, $"{MiB} (1 MiB) or more");
        Require(KeyRoundBytesMax is >= MiB and <= GiB, nameof(KeyRoundBytesMax), KeyRoundBytesMax, $"{MiB} (1 MiB) to {GiB} (1 GiB)");
        Require(RoundMsMax >= 1, nameof(RoundMsMax), RoundMsMax, "1 or more");
        Require(ZstdLevel is >= 1 and <= 22, nameof(ZstdLevel), ZstdLevel, "1 to 22");
    }

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"Lake option {option} is {value}; legal is {range}.");
    }
}
