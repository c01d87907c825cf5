using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Storage.Partitions;

/// <summary>What is to be done with a table's automatic partitions at a moment. Pure.</summary>
/// <param name="Create">The values of partitions to be made, the earliest first.</param>
/// <param name="Drop">The partitions whose time is over, the earliest first.</param>
/// <param name="Lacking">Partitions that should be made and that the table may not have, since it has as many as it may.</param>
/// <param name="DueAt">When there may be something to do again.</param>
internal sealed record PartitionPlan(ImmutableArray<string> Create, ImmutableArray<PartitionInfo> Drop, int Lacking, DateTimeOffset DueAt)
{
    /// <summary>The plan of a table with automatic partitions. Partitions whose values stand for no span, of which there should be none, are left alone.</summary>
    public static PartitionPlan Compute(PartitionCalendar calendar, PartitionOptions options, IReadOnlyCollection<PartitionInfo> partitions, DateTimeOffset now)
    {
        var present = calendar.Floor(now.UtcDateTime);
        var known = partitions.Select(partition => (Partition: partition, Start: calendar.StartOf(partition.Values[0]))).Where(item => item.Start is not null).ToList();
        ImmutableArray<PartitionInfo> drop = [.. known.Where(item => IsExpired(calendar, options, item.Start!.Value, present)).OrderBy(item => item.Start).Select(item => item.Partition)];

        var starts = known.Select(item => item.Start!.Value).ToHashSet();
        var create = ImmutableArray.CreateBuilder<string>();
        for (var span = 0; span <= options.Ahead; span++)
            if (calendar.Add(present, span) is { } start && !starts.Contains(start))
                create.Add(calendar.FormatOf(start));
        var room = Math.Max(0, options.CountMax - (partitions.Count - drop.Length));
        var lacking = Math.Max(0, create.Count - room);
        create.Count -= lacking;
        return new PartitionPlan(create.ToImmutable(), drop, lacking, calendar.Add(present, 1) is { } next ? new DateTimeOffset(next, TimeSpan.Zero) : DateTimeOffset.MaxValue);
    }

    /// <summary>Whether the time of a span is over at a moment.</summary>
    public static bool IsExpired(PartitionCalendar calendar, PartitionOptions options, DateTime start, DateTimeOffset now) =>
        IsExpired(calendar, options, start, calendar.Floor(now.UtcDateTime));

    private static bool IsExpired(PartitionCalendar calendar, PartitionOptions options, DateTime start, DateTime present) =>
        options.Kept > 0 && calendar.Add(present, -options.Kept) is { } oldest && start < oldest;
}
