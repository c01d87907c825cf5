using Grid.Abstractions;
using Grid.Sql.Lake;

namespace Grid.Sql;

/// <summary>What statements may use. Every limit is per statement, but for <see cref="StatementsMax"/>.</summary>
public sealed record GridSqlOptions
{
    /// <summary>Memory that DuckDB takes for a statement, bytes, 16 MiB or more; what does not fit goes to <see cref="TemporaryDirectory"/>, or the statement fails.</summary>
    public long MemoryBytesMax { get; init; } = 1L << 30;

    /// <summary>Threads of a statement, 1 to 1024.</summary>
    public int Threads { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 1024);

    /// <summary>How long a statement may take, until its last row was read; more than zero. Null: as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Statements that run at a time, 1 to 1000; further ones wait.</summary>
    public int StatementsMax { get; init; } = 8;

    /// <summary>A directory for what does not fit into memory; null: none.</summary>
    public string? TemporaryDirectory { get; init; }

    /// <summary>Most bytes in <see cref="TemporaryDirectory"/>, more than zero.</summary>
    public long TemporaryBytesMax { get; init; } = 10L << 30;

    /// <summary>Where lake files are read from. What it does not reach is read through the grid, more slowly.</summary>
    public ILakeFileSource LakeFiles { get; init; } = LocalLakeFiles.Instance;

    internal void Validate()
    {
        Require(MemoryBytesMax >= 16 << 20, nameof(MemoryBytesMax), MemoryBytesMax, "16777216 (16 MiB) or more");
        Require(Threads is >= 1 and <= 1024, nameof(Threads), Threads, "1 to 1024");
        Require(Timeout is null || Timeout > TimeSpan.Zero, nameof(Timeout), Timeout, "more than zero, or null");
        Require(StatementsMax is >= 1 and <= 1000, nameof(StatementsMax), StatementsMax, "1 to 1000");
        Require(TemporaryBytesMax > 0, nameof(TemporaryBytesMax), TemporaryBytesMax, "more than 0");
        Require(LakeFiles is not null, nameof(LakeFiles), null, "a source");
    }

    private static void Require(bool legal, string option, object? value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"GridSqlOptions: {option} is {value ?? "null"}; legal is {range}.");
    }
}
