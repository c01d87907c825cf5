using Grid.Abstractions;
using Grid.Storage.Partitions;

namespace Grid.Storage.Tests.Partitions;

public sealed class PartitionPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 13, 45, 30, TimeSpan.Zero);

    [Theory]
    [InlineData(PartitionUnit.Hour, "string", "2026-11-25T13 2026-11-25T14 2026-11-25T15", "2026-11-25T14:00:00Z")]
    [InlineData(PartitionUnit.Day, "string", "2026-11-25 2026-11-26 2026-11-27", "2026-11-26T00:00:00Z")]
    [InlineData(PartitionUnit.Month, "string", "2026-11 2026-12 2027-01", "2026-12-01T00:00:00Z")]
    [InlineData(PartitionUnit.Quarter, "string", "2026-Q4 2027-Q1 2027-Q2", "2027-01-01T00:00:00Z")]
    [InlineData(PartitionUnit.Year, "string", "2026 2027 2028", "2027-01-01T00:00:00Z")]
    [InlineData(PartitionUnit.Day, "date", "2026-11-25 2026-11-26 2026-11-27", "2026-11-26T00:00:00Z")]
    [InlineData(PartitionUnit.Quarter, "date", "2026-10-01 2027-01-01 2027-04-01", "2027-01-01T00:00:00Z")]
    [InlineData(PartitionUnit.Hour, "timestamp", "2026-11-25T13:00:00 2026-11-25T14:00:00 2026-11-25T15:00:00", "2026-11-25T14:00:00Z")]
    [InlineData(PartitionUnit.Month, "timestamptz", "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z 2027-01-01T00:00:00Z", "2026-12-01T00:00:00Z")]
    public void The_present_partition_and_those_ahead_are_made(PartitionUnit unit, string type, string values, string due)
    {
        var plan = Compute(unit, type, new PartitionOptions { Unit = unit, Ahead = 2 });
        Assert.Equal(values.Split(' '), plan.Create.AsEnumerable());
        Assert.Equal(DateTimeOffset.Parse(due, System.Globalization.CultureInfo.InvariantCulture), plan.DueAt);
        Assert.Empty(plan.Drop);

        // Each value reads as the span that it was made for, and the same plan made again has nothing to do.
        var calendar = new PartitionCalendar(unit, DataType.Parse(type));
        Assert.All(plan.Create, value => Assert.Equal(value, calendar.FormatOf(calendar.StartOf(value)!.Value)));
        Assert.Empty(Compute(unit, type, new PartitionOptions { Unit = unit, Ahead = 2 }, [.. plan.Create]).Create);
    }

    [Fact]
    public void Partitions_older_than_those_kept_are_dropped_the_earliest_first()
    {
        var options = new PartitionOptions { Unit = PartitionUnit.Day, Ahead = 0, Kept = 2 };
        var plan = Compute(PartitionUnit.Day, "string", options, "2026-11-23", "2026-11-22", "2026-11-24", "2026-11-25", "2026-11-26", "2026-10-01");
        Assert.Equal(["2026-10-01", "2026-11-22"], plan.Drop.Select(partition => partition.Values[0]));
        Assert.Empty(plan.Create);
        Assert.Empty(Compute(PartitionUnit.Day, "string", options with { Kept = 0 }, "2026-10-01", "2026-11-25").Drop);
    }

    [Fact]
    public void Spans_are_counted_in_their_unit_not_in_days()
    {
        Assert.Equal(["2026-08"], Compute(PartitionUnit.Month, "string", new PartitionOptions { Unit = PartitionUnit.Month, Kept = 2 }, "2026-08", "2026-09").Drop.Select(partition => partition.Values[0]));
        Assert.Equal(["2025-Q3"], Compute(PartitionUnit.Quarter, "string", new PartitionOptions { Unit = PartitionUnit.Quarter, Kept = 4 }, "2025-Q3", "2025-Q4").Drop.Select(partition => partition.Values[0]));
    }

    [Fact]
    public void What_the_table_has_no_room_for_is_lacking_after_what_is_dropped_made_room()
    {
        var options = new PartitionOptions { Unit = PartitionUnit.Day, Ahead = 3, Kept = 1, CountMax = 3 };
        var plan = Compute(PartitionUnit.Day, "string", options, "2026-11-20", "2026-11-24");
        Assert.Equal(["2026-11-25", "2026-11-26"], plan.Create.AsEnumerable());
        Assert.Equal(2, plan.Lacking);
        Assert.Single(plan.Drop);
    }

    [Fact]
    public void At_the_end_of_time_nothing_is_made_beyond_it()
    {
        var plan = PartitionPlan.Compute(
            new PartitionCalendar(PartitionUnit.Year, DataType.String), new PartitionOptions { Unit = PartitionUnit.Year, Kept = 9_000 }, [], new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(["9999"], plan.Create.AsEnumerable());
        Assert.Equal(DateTimeOffset.MaxValue, plan.DueAt);
    }

    [Theory]
    [InlineData(PartitionUnit.Day, "string", "2026-11-31")]
    [InlineData(PartitionUnit.Day, "string", "20261125")]
    [InlineData(PartitionUnit.Day, "string", " 2026-11-25")]
    [InlineData(PartitionUnit.Hour, "string", "2026-11-25T24")]
    [InlineData(PartitionUnit.Hour, "string", "2026-11-25")]
    [InlineData(PartitionUnit.Quarter, "string", "2026-Q5")]
    [InlineData(PartitionUnit.Quarter, "string", "2026-Q01")]
    [InlineData(PartitionUnit.Quarter, "string", "0000-Q1")]
    [InlineData(PartitionUnit.Year, "string", "99")]
    [InlineData(PartitionUnit.Year, "string", "")]
    [InlineData(PartitionUnit.Month, "date", "2026-11-02")]
    [InlineData(PartitionUnit.Day, "timestamp", "2026-11-25T00:00:01")]
    public void Values_that_begin_no_span_stand_for_none(PartitionUnit unit, string type, string value) =>
        Assert.Null(new PartitionCalendar(unit, DataType.Parse(type)).StartOf(value));

    [Fact]
    public void Hours_do_not_fit_dates_and_numbers_fit_nothing()
    {
        Assert.False(PartitionCalendar.Fits(PartitionUnit.Hour, DataType.Date));
        Assert.True(PartitionCalendar.Fits(PartitionUnit.Day, DataType.Date));
        Assert.False(PartitionCalendar.Fits(PartitionUnit.Day, DataType.Int32));
    }

    private static PartitionPlan Compute(PartitionUnit unit, string type, PartitionOptions options, params string[] values) =>
        PartitionPlan.Compute(new PartitionCalendar(unit, DataType.Parse(type)), options, [.. values.Select((value, i) => new PartitionInfo { Id = new PartitionId(i + 1), Values = [value] })], Now);
}
