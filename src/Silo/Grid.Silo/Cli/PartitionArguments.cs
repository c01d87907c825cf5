using Grid.Abstractions;

namespace Grid.Silo.Cli;

/// <summary>The values of partition columns as they stand on a command line: <c>column=value</c>, in any order.</summary>
internal static class PartitionArguments
{
    /// <summary>Reads the values, in the order of the partition columns.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the table has no partitions, or a value.</exception>
    public static object?[] Parse(TableInfo table, IReadOnlyList<string> pairs)
    {
        var schema = table.Schema;
        if (!schema.IsPartitioned)
            throw new GridException(GridErrorCode.InvalidArgument, $"{table.Path} has no partitions; make a table that is partitioned by the columns you mean ('grid table create --partition').");
        var columns = schema.PartitionKey.Select(schema.GetColumn).ToArray();
        var values = new object?[columns.Length];
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var index = equals < 0 ? -1 : Array.FindIndex(columns, column => column.Name == pair[..equals]);
            if (index < 0 || values[index] is not null)
                throw new UsageException($"'{pair}' is not the value of a partition column{(index < 0 ? "" : " that was not given yet")}; write {Example(columns)}.");
            try
            {
                values[index] = ValueText.Parse(columns[index].Type, pair[(equals + 1)..]);
            }
            catch (GridException e)
            {
                throw new GridException(e.Code, $"Partition column '{columns[index].Name}': {e.Message}", e);
            }
        }

        return Array.IndexOf(values, null) < 0 ? values : throw new UsageException($"{pairs.Count} of {columns.Length} partition columns have a value; write {Example(columns)}.");
    }

    private static string Example(Column[] columns) => string.Join(' ', columns.Select(column => $"{column.Name}=VALUE"));
}
