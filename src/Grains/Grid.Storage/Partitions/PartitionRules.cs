using Grid.Abstractions;

namespace Grid.Storage.Partitions;

/// <summary>The legal ranges of partition options, and which tables and values they fit.</summary>
internal static class PartitionRules
{
    private const int AheadMost = 1000;
    private const int KeptMost = 1_000_000;

    /// <summary>Checks options by themselves.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static void Require(PartitionOptions options)
    {
        if (options is null)
            throw new GridException(GridErrorCode.InvalidArgument, "Table option partitions is missing (null); leave it out for the defaults.");
        Require(Enum.IsDefined(options.Unit), "unit", (long)options.Unit, "none, hour, day, month, quarter or year");
        Require(options.Ahead is >= 0 and <= AheadMost, "ahead", options.Ahead, $"0 to {AheadMost}");
        Require(options.Kept is >= 0 and <= KeptMost, "kept", options.Kept, $"0 (all) to {KeptMost}");
        Require(options.CountMax is >= 1 and <= PartitionOptions.CountLimit, "countMax", options.CountMax, $"1 to {PartitionOptions.CountLimit}");
        if (options.Unit != PartitionUnit.None && 1L + options.Ahead + options.Kept > options.CountMax)
            throw new GridException(GridErrorCode.InvalidArgument,
                $"Automatic partitions would be {options.Kept} kept, the present one and {options.Ahead} ahead, and the table may have {options.CountMax}; keep fewer, or raise the limit (at most {PartitionOptions.CountLimit}).");
    }

    /// <summary>Checks that options may take the place of others.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static void RequireReplaceable(PartitionOptions present, PartitionOptions next)
    {
        Require(next);
        Require(next.Unit == present.Unit, "unit", (long)next.Unit, $"{present.Unit}: the unit of automatic partitions is fixed when a table is made");
    }

    /// <summary>Checks that a table may have the options.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static void RequireFitting(TablePath path, TableSchema schema, PartitionOptions options)
    {
        if (options.Unit == PartitionUnit.None)
            return;
        if (schema.PartitionKey is not [var key])
            throw new GridException(GridErrorCode.InvalidArgument,
                $"{path} is partitioned by {(schema.IsPartitioned ? $"{schema.PartitionKey.Length} columns" : "no column")}; automatic partitions need exactly one. Partition by one column, or leave the unit out.");
        var column = schema.GetColumn(key);
        if (!PartitionCalendar.Fits(options.Unit, column.Type))
            throw new GridException(GridErrorCode.InvalidArgument,
                $"Column '{column.Name}' of type {column.Type} cannot hold automatic partitions of a {Text(options.Unit)}; use a string, a timestamp{(options.Unit == PartitionUnit.Hour ? "" : " or a date")}.");
    }

    /// <summary>Checks values of a partition to be made at a moment.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: no span of an automatic partition; <see cref="GridErrorCode.PartitionDropped"/>: its time is over.</exception>
    public static void RequireCreatable(TableInfo table, string value, DateTimeOffset now)
    {
        if (PartitionCalendar.Of(table) is not { } calendar)
            return;
        var unit = Text(table.Options.Partitions.Unit);
        var column = table.Schema.GetColumn(table.Schema.PartitionKey[0]).Name;
        var start = calendar.StartOf(value)
            ?? throw new GridException(GridErrorCode.InvalidArgument, $"'{value}' is not a {unit} of the automatic partitions of {table.Path}; '{column}' must be such as {calendar.Example}.");
        if (PartitionPlan.IsExpired(calendar, table.Options.Partitions, start, now))
            throw new GridException(GridErrorCode.PartitionDropped,
                $"The {unit} {value} is over: {table.Path} keeps {table.Options.Partitions.Kept} before the present one. Write later ones, or keep more (--partition-keep).");
    }

    private static string Text(PartitionUnit unit) => unit.ToString().ToLowerInvariant();

    private static void Require(bool legal, string option, long value, string range)
    {
        if (!legal)
            throw new GridException(GridErrorCode.InvalidArgument, $"Table option partitions.{option} is {value}; legal is {range}.");
    }
}
