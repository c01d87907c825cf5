using System.Collections.Frozen;
using Apache.Arrow;
using Grid.Sql.Native;

namespace Grid.Sql.Statements;

/// <summary>
/// Which functions a statement may call. Of scalar ones, aggregates and macros: what DuckDB brings, but for those that look out of the statement (settings, environment, logs, other sessions), change something, or only
/// wait. Of table functions: those that make rows of their arguments alone; whatever reads a file, a catalog or a text as SQL is not among them.
/// </summary>
internal sealed class FunctionRules
{
    private static readonly FrozenSet<string> TableFunctions =
        FrozenSet.ToFrozenSet(["range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "generate_subscripts", "regexp_split_to_table"]);

    private static readonly FrozenSet<string> Denied = FrozenSet.ToFrozenSet(
    [
        "getenv", "current_setting", "getvariable", "setseed", "nextval", "currval", "write_log", "sleep_ms", "pg_sleep", "query", "query_table", "current_query", "current_query_id", "current_connection_id",
        "current_transaction_id", "txid_current", "json_execute_serialized_sql", "json_serialize_plan", "parse_duckdb_log_message", "shobj_description", "obj_description", "col_description", "get_block_size",
    ]);

    private static readonly string[] DeniedPrefixes = ["read_", "write_", "duckdb_", "pragma_", "pg_get_", "inet_", "parquet_", "__internal_"];

    // What the parser turns syntax into; not in the list of functions under these names.
    private static readonly string[] OfSyntax = ["count_star", "grouping", "grouping_id", "coalesce", "ifnull", "try", "columns", "unnest", "struct_pack", "row", "list_value", "map", "array_extract"];

    private readonly FrozenSet<string> _scalar;

    public FunctionRules(DuckConnection connection)
    {
        var names = connection.Read("select distinct lower(function_name) from duckdb_functions() where internal and function_type in ('scalar', 'aggregate', 'macro')")
            .SelectMany(batch => { var texts = (StringArray)batch.Column(0); return Enumerable.Range(0, texts.Length).Select(i => texts.GetString(i)); });
        _scalar = names.Concat(OfSyntax).Where(name => !IsDenied(name)).ToFrozenSet();
    }

    public static bool IsDenied(string name) => Denied.Contains(name) || DeniedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    public static bool MayMakeRows(string name) => TableFunctions.Contains(name);

    /// <summary>Whether an expression may call it.</summary>
    public bool MayCall(string name) => _scalar.Contains(name);

    /// <summary>Functions that are called nearly so.</summary>
    public IReadOnlyList<string> Near(string name) => NearNames.Of(name, _scalar);
}
