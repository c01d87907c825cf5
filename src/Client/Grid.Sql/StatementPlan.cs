using Grid.Abstractions;
using Grid.Client;
using Grid.Sql.Native;
using Grid.Sql.Statements;
using Grid.Sql.Tables;

namespace Grid.Sql;

/// <summary>The tables of a statement, settled: each name with what is read for it.</summary>
internal sealed class StatementPlan : IDisposable
{
    private readonly Dictionary<(string Database, string Table), PlannedTable> _tables;

    private StatementPlan(Dictionary<(string Database, string Table), PlannedTable> tables) => _tables = tables;

    /// <summary>The files of the lake that are read.</summary>
    public IEnumerable<string> Files => _tables.Values.SelectMany(table => table.Files).Select(file => file.Path);

    public static async Task<StatementPlan> MakeAsync(
        GridClient client, GridSqlOptions options, ParsedStatement statement, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken)
    {
        var catalog = new TableCatalog(client, statement.Text);
        var opened = new Dictionary<TableReference, (GridTable Table, TableSchema Schema)>(ReferenceEqualityComparer.Instance);
        var byPath = new Dictionary<string, (GridTable, TableSchema)>();
        foreach (var reference in statement.Tables)
        {
            var path = $"{reference.Database}.{TableCatalog.Split(reference.Table).Table}";
            if (!byPath.TryGetValue(path, out var table))
            {
                var handle = await catalog.OpenAsync(reference, cancellationToken).ConfigureAwait(false);
                byPath[path] = table = (handle, handle.Info.Schema);
            }

            opened[reference] = table;
        }

        var filters = new FilterExtraction(reference => TableCatalog.Split(reference.Table).Part is null or "lake" ? opened[reference].Schema : null, parameters);
        var planner = new TablePlanner(options);
        var plan = new StatementPlan(new Dictionary<(string, string), PlannedTable>());
        try
        {
            // DuckDB takes names that differ in case for the same, so they are one here.
            foreach (var same in statement.Tables.GroupBy(reference => (reference.Database.ToLowerInvariant(), reference.Table.ToLowerInvariant())))
            {
                TableReference[] references = [.. same];
                var (table, schema) = opened[references[0]];
                RequireNames(schema, table.Info.Path);
                plan._tables[(references[0].Database, references[0].Table)] = TableCatalog.Split(references[0].Table).Part switch
                {
                    null => await planner.RowsAsync(table, schema, filters.Of(references), references.Length > 1, cancellationToken).ConfigureAwait(false),
                    "changes" => await planner.ChangesAsync(table, schema, cancellationToken).ConfigureAwait(false),
                    "lake" => await planner.LakeAsync(table, schema, filters.Of(references), cancellationToken).ConfigureAwait(false),
                    "files" => await TablePlanner.FilesAsync(table, cancellationToken).ConfigureAwait(false),
                    "buckets" => await TablePlanner.BucketsAsync(table, cancellationToken).ConfigureAwait(false),
                    var part => throw new GridException(GridErrorCode.UnknownTable,
                        $"SQL{DuckError.Place(statement.Text, references[0].Position)}: there is no '${part}' of a table; there are $changes, $lake, $files and $buckets."),
                };
            }

            if (statement.Show != ShowKind.None)
                plan._tables[("main", ShowView)] = new PlannedTable { Fresh = await ListAsync(client, statement.Show, cancellationToken).ConfigureAwait(false) };
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>The view of what a <c>show</c> asks for.</summary>
    public const string ShowView = "__show";

    /// <summary>Makes the tables known to a database: a schema for each of Grid's databases, a view for each table.</summary>
    public void Define(DuckConnection connection, int threads, StatementScope scope)
    {
        foreach (var database in _tables.Keys.Select(table => table.Database).Distinct(StringComparer.OrdinalIgnoreCase))
            connection.Execute($"create schema if not exists {SqlText.Name(database)}");
        var number = 0;
        foreach (var ((database, name), table) in _tables)
        {
            var function = $"__grid_{number++}";
            if (table.Fresh is { } fresh)
                new TableFunction(connection, fresh, threads, scope).Register(function);
            var rows = table.Fresh is null ? table.Lake : table.Lake is null ? $"select * from {function}()" : $"{table.Lake} union all select * from {function}()";
            connection.Execute($"create {(table.ReadOnce ? "table" : "view")} {SqlText.Name(database)}.{SqlText.Name(name)} as {rows}");
        }
    }

    public void Dispose()
    {
        foreach (var table in _tables.Values)
            table.Dispose();
    }

    private static void RequireNames(TableSchema schema, TablePath path)
    {
        var same = schema.Columns.GroupBy(column => column.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        if (same is not null)
            throw new GridException(GridErrorCode.InvalidSchema, $"SQL cannot tell the columns {string.Join(" and ", same.Select(column => column.Name))} of {path} apart: they differ in case only. Rename one.");
    }

    private static async Task<FixedTable> ListAsync(GridClient client, ShowKind show, CancellationToken cancellationToken)
    {
        if (show == ShowKind.Databases)
            return FixedTable.Texts("database", [.. await client.ListDatabasesAsync(cancellationToken).ConfigureAwait(false)]);
        return FixedTable.Texts("table", [.. (await client.ListTablesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Select(path => path.ToString())]);
    }
}
