using Grid.Abstractions;

namespace Grid.Storage.Lake.Compaction;

/// <summary>When lake files are rewritten into larger ones.</summary>
public sealed record CompactionOptions
{
    /// <summary>Whether it is done at all but by command.</summary>
    public bool IsOn { get; init; } = true;

    /// <summary>So many files at least become one, 2 to 1000; also the commits after which a table's files are looked at again.</summary>
    public int FilesMin { get; init; } = 8;

    /// <summary>
    /// How many times the rows of the largest of them the new file has at least, 2 to 100. A row is rewritten at most log(Growth) of the factor by which its file grows in all: 4 times from 500 KiB to 128 MiB with the
    /// default. What has more than this share of a file's target bytes is not rewritten.
    /// </summary>
    public int Growth { get; init; } = 4;

    /// <summary>A data file of a primary-key table of which this share of the rows is gone is rewritten whatever its size, 1 to 100 percent.</summary>
    public int DeletedPercent { get; init; } = 30;

    /// <summary>Bytes that are rewritten at least before they are committed, where there are so many, 1 MiB or more: a round waits for so many, and at most a file's target bytes more.</summary>
    public long StepBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the option, its value, the legal range.</exception>
    public void Validate()
    {
        const long MiB = 1024 * 1024;
        Require(FilesMin is >= 2 and <= 1000, nameof(FilesMin), FilesMin, "2 to 1000");
        Require(Growth is >= 2 and <= 100, nameof(Growth), Growth, "2 to 100");
        Require(DeletedPercent is >= 1 and <= 100, nameof(DeletedPercent), DeletedPercent, "1 to 100");
        Require(StepBytes >= MiB, nameof(StepBytes), StepBytes, $"{MiB} (1 MiB) or more");
    }

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"Lake compaction option {option} is {value}; legal is {range}.");
    }
}
