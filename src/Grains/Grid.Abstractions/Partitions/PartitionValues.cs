using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>Between the values of partition columns and the texts that a partition is known by: one text for each value, so that equal texts are equal values.</summary>
public static class PartitionValues
{
    /// <summary>Most partition columns of a table.</summary>
    public const int ColumnsMax = 8;

    /// <summary>The texts of values of the .NET types of <see cref="ValueText"/>.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no partitions, or other numbers or types of columns;
    /// <see cref="GridErrorCode.NullNotAllowed"/>; <see cref="GridErrorCode.TooLarge"/>.</exception>
    public static ImmutableArray<string> Format(TableSchema schema, IReadOnlyList<object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        RequireCount(schema, values.Count);
        var texts = ImmutableArray.CreateBuilder<string>(values.Count);
        for (var i = 0; i < values.Count; i++)
        {
            var column = schema.GetColumn(schema.PartitionKey[i]);
            var value = values[i] ?? throw new GridException(GridErrorCode.NullNotAllowed, $"Partition column '{column.Name}' is null; a partition has a value for each of its columns.");
            texts.Add(RequireLength(column, ValueText.Format(column.Type, value)));
        }

        return texts.MoveToImmutable();
    }

    /// <summary>The texts of values given as text, in their one form.</summary>
    /// <exception cref="GridException">As <see cref="Format"/>; <see cref="GridErrorCode.InvalidArgument"/>: with the text, the type and an example of what is legal.</exception>
    public static ImmutableArray<string> Normalize(TableSchema schema, ImmutableArray<string> values)
    {
        values = values.IsDefault ? [] : values;
        RequireCount(schema, values.Length);
        var texts = ImmutableArray.CreateBuilder<string>(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            var column = schema.GetColumn(schema.PartitionKey[i]);
            if (values[i] is null)
                throw new GridException(GridErrorCode.NullNotAllowed, $"Partition column '{column.Name}' is null; a partition has a value for each of its columns.");
            // Before it is parsed: it comes from a peer.
            RequireLength(column, values[i]);
            texts.Add(RequireLength(column, ValueText.Format(column.Type, ValueText.Parse(column.Type, values[i]))));
        }

        return texts.MoveToImmutable();
    }

    /// <summary>A partition by names and values, such as <c>day=2026-11-25/region=eu</c>.</summary>
    public static string ToText(TableSchema schema, ImmutableArray<string> values)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return string.Join('/', values.Select((value, i) => $"{(i < schema.PartitionKey.Length ? schema.GetColumn(schema.PartitionKey[i]).Name : "?")}={value}"));
    }

    private static void RequireCount(TableSchema schema, int count)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (!schema.IsPartitioned)
            throw new GridException(GridErrorCode.InvalidArgument, "The table has no partitions; make one that is partitioned by the columns you mean.");
        if (count != schema.PartitionKey.Length)
            throw new GridException(GridErrorCode.InvalidArgument,
                $"A partition of this table has {schema.PartitionKey.Length} values ({string.Join(", ", schema.PartitionKey.Select(id => schema.GetColumn(id).Name))}), and {count} were given.");
    }

    private static string RequireLength(Column column, string text) => text.Length <= PartitionInfo.ValueLengthMax
        ? text
        : throw new GridException(GridErrorCode.TooLarge,
            $"The value of partition column '{column.Name}' has {text.Length} characters as text; at most {PartitionInfo.ValueLengthMax} are possible. Partition by something shorter.");
}
