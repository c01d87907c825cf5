using Grid.Abstractions;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Tiering;

public sealed partial class LakeGrain
{
    [LoggerMessage(2701, LogLevel.Warning, "A round of {Table}'s tiering did not take every bucket along; it is tried again in {DelayMs} ms.")]
    private partial void LogRoundFailed(Exception failure, TableId table, long delayMs);

    [LoggerMessage(2702, LogLevel.Warning, "Old files of {Table}'s lake table could not all be deleted; it will be tried again.")]
    private partial void LogUpkeepFailed(Exception failure, TableId table);

    [LoggerMessage(2703, LogLevel.Information, "The lake table of {Table} was deleted.")]
    private partial void LogDeleted(TableId table);

    [LoggerMessage(2704, LogLevel.Warning, "The tiering of {Table} could not begin; it will be tried again.")]
    private partial void LogNotBegun(Exception failure, TableId table);

    [LoggerMessage(2705, LogLevel.Information, "{What}")]
    private partial void LogRaceLost(string what);

    [LoggerMessage(2706, LogLevel.Warning, "A compaction of {Table}'s lake table failed and left the table as it was; it is tried again in {DelayMs} ms.")]
    private partial void LogCompactionFailed(Exception failure, TableId table, long delayMs);
}
