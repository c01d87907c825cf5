using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Cli;

/// <summary>Makes tables, and their databases, as commands ask for them.</summary>
internal static class TableMaker
{
    /// <summary>The request for a table; columns of the primary key hold no nulls.</summary>
    public static CreateTable Request(string path, IReadOnlyList<Column> columns, string? key, string? bucketKey, TableOptions options, bool ifNotExists)
    {
        var keyNames = ColumnArguments.Names(key) ?? [];
        var bucketNames = ColumnArguments.Names(bucketKey) ?? [];
        return new CreateTable
        {
            Path = TablePath.Parse(path),
            Columns = [.. columns.Select(c => keyNames.Contains(c.Name) ? c with { Nullable = false } : c)],
            PrimaryKey = [.. keyNames],
            BucketKey = [.. bucketNames],
            Options = options,
            IfNotExists = ifNotExists,
        };
    }

    /// <summary>Makes the table, and its database where there is none.</summary>
    public static async Task<GridTable> CreateAsync(GridClient client, CreateTable request, CancellationToken cancellationToken)
    {
        await client.CreateDatabaseAsync(request.Path.Database, ifNotExists: true, cancellationToken).ConfigureAwait(false);
        return await client.CreateTableAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The columns as one line, such as <c>origin:string not null, delay:int32</c>.</summary>
    public static string Describe(ImmutableArray<Column> columns) => string.Join(", ", columns);
}
