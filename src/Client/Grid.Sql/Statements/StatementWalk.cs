using System.Collections.Immutable;
using System.Text.Json;
using Grid.Abstractions;
using Grid.Sql.Native;

namespace Grid.Sql.Statements;

/// <summary>
/// Goes through the tree of a statement, all of it: every kind of node, table and expression must be a known one, every function an allowed one, every table one of Grid's or one that the statement itself defines.
/// </summary>
internal sealed class StatementWalk(string sql, FunctionRules functions)
{
    private static readonly HashSet<string> Nodes = ["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"];

    private static readonly HashSet<string> Expressions =
    [
        "CONSTANT", "COLUMN_REF", "FUNCTION", "STAR", "COMPARISON", "CONJUNCTION", "OPERATOR", "CAST", "CASE", "BETWEEN", "SUBQUERY", "WINDOW", "PARAMETER", "LAMBDA", "LAMBDA_REF", "COLLATE", "POSITIONAL_REFERENCE",
        "DEFAULT", "TYPE",
    ];

    private readonly List<TableReference> _tables = [];
    private ShowKind _show;

    public ParsedStatement Read(JsonElement statement)
    {
        Walk(statement, ImmutableHashSet.Create<string>(StringComparer.OrdinalIgnoreCase));
        return new ParsedStatement(sql, _tables, _show);
    }

    private void Walk(JsonElement element, ImmutableHashSet<string> defined)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                Walk(item, defined);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;
        if (Text(element, "class") is { } expression)
            CheckExpression(element, expression);
        else if (Text(element, "type") is { } type && type.EndsWith("_NODE", StringComparison.Ordinal) && !Nodes.Contains(type))
            throw Refuse(element, $"a {type} is not read here");
        if (element.TryGetProperty("cte_map", out var ctes))
            defined = defined.Union(ctes.GetProperty("map").EnumerateArray().Select(cte => cte.GetProperty("key").GetString()!));
        if (Text(element, "cte_name") is { Length: > 0 } own)
            defined = defined.Add(own);
        if (element.TryGetProperty("from_table", out var from))
        {
            var where = element.TryGetProperty("where_clause", out var clause) && clause.ValueKind == JsonValueKind.Object ? clause : (JsonElement?)null;
            WalkTable(from, new SelectScope(where), filterable: true, defined);
        }

        foreach (var property in element.EnumerateObject())
            if (property.Name != "from_table")
                Walk(property.Value, defined);
    }

    private void WalkTable(JsonElement table, SelectScope select, bool filterable, ImmutableHashSet<string> defined)
    {
        var sampled = table.TryGetProperty("sample", out var sample) && sample.ValueKind != JsonValueKind.Null;
        filterable &= !sampled;
        switch (Text(table, "type"))
        {
            case "EMPTY":
                break;
            case "BASE_TABLE":
                select.Relations++;
                AddTable(table, select, filterable, defined);
                break;
            case "JOIN":
                WalkJoin(table, select, filterable, defined);
                break;
            case "TABLE_FUNCTION":
                select.Relations++;
                WalkFunction(table.GetProperty("function"), defined);
                break;
            case "SHOW_REF":
                select.Relations++;
                WalkShow(table, defined);
                break;
            case "PIVOT":
                select.Relations++;
                WalkTable(table.GetProperty("source"), new SelectScope(Where: null), filterable: false, defined);
                WalkRest(table, defined, "source");
                break;
            case "SUBQUERY" or "EXPRESSION_LIST":
                select.Relations++;
                WalkRest(table, defined);
                break;
            case var other:
                throw Refuse(table, $"a {other} in a from clause is not read here");
        }
    }

    private void WalkJoin(JsonElement join, SelectScope select, bool filterable, ImmutableHashSet<string> defined)
    {
        // Rows that a where clause drops may be dropped before the join, where the join neither fills the side up with nulls nor chooses among its rows.
        var regular = filterable && Text(join, "ref_type") is ("REGULAR" or "CROSS");
        var kind = Text(join, "join_type");
        WalkTable(join.GetProperty("left"), select, regular && kind is ("INNER" or "LEFT" or "SEMI" or "ANTI"), defined);
        WalkTable(join.GetProperty("right"), select, regular && kind is ("INNER" or "RIGHT"), defined);
        WalkRest(join, defined, "left", "right");
    }

    private void WalkFunction(JsonElement function, ImmutableHashSet<string> defined)
    {
        var name = Name(function);
        if (!FunctionRules.MayMakeRows(name))
            throw Refuse(function, $"the table function '{name}' is not allowed: statements read tables of Grid, database.table, and no files, catalogs or settings");
        Walk(function.GetProperty("children"), defined);
    }

    private void WalkShow(JsonElement show, ImmutableHashSet<string> defined)
    {
        if (show.GetProperty("query") is { ValueKind: JsonValueKind.Object } query)
        {
            Walk(query, defined);
            return;
        }

        _show = Text(show, "table_name") switch
        {
            "\"databases\"" or "\"schemas\"" => ShowKind.Databases,
            "\"tables\"" or "__show_tables_expanded" => ShowKind.Tables,
            var other => throw Refuse(show, $"show {other} is not read here; there are show tables, show databases and describe database.table"),
        };
    }

    private void WalkRest(JsonElement element, ImmutableHashSet<string> defined, params ReadOnlySpan<string> but)
    {
        foreach (var property in element.EnumerateObject())
            if (!but.Contains(property.Name))
                Walk(property.Value, defined);
    }

    private void CheckExpression(JsonElement element, string expression)
    {
        if (!Expressions.Contains(expression))
            throw Refuse(element, $"an expression of the kind {expression} is not read here");
        if (expression != "FUNCTION")
            return;
        var name = Name(element);
        if (functions.MayCall(name))
            return;
        if (FunctionRules.IsDenied(name))
            throw Refuse(element, $"the function '{name}' is not allowed: it looks out of the statement");
        throw Refuse(element, $"there is no function '{name}' that may be called here.{NearNames.Hint(functions.Near(name))}");
    }

    private string Name(JsonElement function)
    {
        var name = (Text(function, "function_name") ?? "").ToLowerInvariant();
        if (Text(function, "schema") is not (null or "" or "main" or "pg_catalog") || Text(function, "catalog") is not (null or "" or "system"))
            throw Refuse(function, $"functions such as '{name}' are called without a schema");
        return name;
    }

    private void AddTable(JsonElement table, SelectScope select, bool filterable, ImmutableHashSet<string> defined)
    {
        var (database, name) = (Text(table, "schema_name") ?? "", Text(table, "table_name") ?? "");
        if (database.Length == 0 && defined.Contains(name))
            return;
        if (database.Length == 0)
            throw Refuse(table, $"'{name}' is not a table; say database.table, for example air.flights. Files are not read");
        if (Text(table, "catalog_name") is { Length: > 0 } catalog)
            throw Refuse(table, $"'{catalog}.{database}.{name}' has three parts; a table is database.table");
        if (table.TryGetProperty("at_clause", out var at) && at.ValueKind == JsonValueKind.Object)
            throw Refuse(table, $"'{database}.{name}' is read as it is now; at (...) is not supported");
        var alias = Text(table, "alias") is { Length: > 0 } given ? given : name;
        // With columns called otherwise, a condition's names are not the table's.
        var renamed = table.TryGetProperty("column_name_alias", out var names) && names.GetArrayLength() > 0;
        var reference = new TableReference(database, name, alias, Position(table), select, filterable && !renamed);
        select.Tables.Add(reference);
        _tables.Add(reference);
    }

    private GridException Refuse(JsonElement element, string reason) => new(GridErrorCode.InvalidArgument, $"SQL{DuckError.Place(sql, Position(element))}: {reason}{(reason[^1] is '?' or '.' ? "" : ".")}");

    private static long Position(JsonElement element) =>
        element.TryGetProperty("query_location", out var at) && at.ValueKind == JsonValueKind.Number && at.TryGetInt64(out var position) ? position : -1;

    private static string? Text(JsonElement element, string property) => element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
