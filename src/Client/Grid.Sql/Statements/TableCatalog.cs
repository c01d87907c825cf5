using Grid.Abstractions;
using Grid.Client;
using Grid.Sql.Native;

namespace Grid.Sql.Statements;

/// <summary>Finds the tables that a statement names. SQL's names are the same in upper and lower case, Grid's are not: the exact one is taken, else the only one that differs in case alone.</summary>
internal sealed class TableCatalog(GridClient client, string sql)
{
    // Schemas that DuckDB has of its own.
    private static readonly HashSet<string> Taken = new(["information_schema", "pg_catalog", "system", "temp", "memory"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Splits what follows a '$' off a table's name.</summary>
    public static (string Table, string? Part) Split(string name)
    {
        var dollar = name.IndexOf('$', StringComparison.Ordinal);
        return dollar < 0 ? (name, null) : (name[..dollar], name[(dollar + 1)..].ToLowerInvariant());
    }

    /// <summary>Opens the table that is named.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.UnknownTable"/>: with those that are named nearly so.</exception>
    public async Task<GridTable> OpenAsync(TableReference reference, CancellationToken cancellationToken)
    {
        RequireReadable(reference, sql);
        var (name, _) = Split(reference.Table);
        var path = $"{reference.Database}.{name}";
        try
        {
            return await client.OpenTableAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException refusal) when (refusal.Code is GridErrorCode.UnknownTable or GridErrorCode.UnknownDatabase or GridErrorCode.InvalidName)
        {
            return await client.OpenTableAsync((await FindAsync(reference, name, cancellationToken).ConfigureAwait(false)).ToString(), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Refuses the schemas that DuckDB has of its own.</summary>
    internal static void RequireReadable(TableReference reference, string sql)
    {
        if (Taken.Contains(reference.Database))
            throw new GridException(GridErrorCode.InvalidArgument, $"SQL{DuckError.Place(sql, reference.Position)}: tables of '{reference.Database}' are not read by SQL, which has a schema of that name itself.");
    }

    private async Task<TablePath> FindAsync(TableReference reference, string name, CancellationToken cancellationToken)
    {
        var place = DuckError.Place(sql, reference.Position);
        var databases = await client.ListDatabasesAsync(cancellationToken).ConfigureAwait(false);
        string[] alike = [.. databases.Where(database => string.Equals(database, reference.Database, StringComparison.OrdinalIgnoreCase))];
        if (alike.Length == 0)
            throw new GridException(GridErrorCode.UnknownDatabase, $"SQL{place}: there is no database '{reference.Database}'.{NearNames.Hint(NearNames.Of(reference.Database, databases))}");
        var tables = new List<TablePath>();
        foreach (var database in alike)
            tables.AddRange(await client.ListTablesAsync(database, cancellationToken).ConfigureAwait(false));
        TablePath[] found = [.. tables.Where(table => string.Equals(table.Table, name, StringComparison.OrdinalIgnoreCase))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new GridException(GridErrorCode.UnknownTable,
                $"SQL{place}: there is no table '{reference.Database}.{name}'.{NearNames.Hint([.. NearNames.Of(name, tables.Select(table => table.Table)).Select(near => $"{alike[0]}.{near}")])}"),
            _ => throw new GridException(GridErrorCode.UnknownTable, $"SQL{place}: '{reference.Database}.{name}' may be {string.Join(" or ", found)}; write the one that is meant as it is."),
        };
    }
}
