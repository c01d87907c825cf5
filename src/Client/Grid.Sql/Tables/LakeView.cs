using System.Buffers;
using System.Text;
using Grid.Abstractions;
using Grid.Sql.Native;

namespace Grid.Sql.Tables;

/// <summary>Lake files as a select: <c>read_parquet</c> of a list, its columns found by field id, so that files of every schema version read as the present one.</summary>
internal static class LakeView
{
    // A list's entries are patterns to DuckDB.
    private static readonly SearchValues<char> Wildcards = SearchValues.Create("*?[]{}");

    /// <summary>Whether DuckDB takes a path for what it is.</summary>
    public static bool CanRead(string path) => !path.AsSpan().ContainsAny(Wildcards);

    /// <summary>A select of columns of files. Bounds in Parquet leave NaN out, which SQL takes for the greatest number: DuckDB is told that there may be some.</summary>
    /// <param name="paths">The files, one or more.</param>
    /// <param name="columns">The columns, with ids.</param>
    public static string Of(IEnumerable<string> paths, IReadOnlyList<Column> columns)
    {
        var text = new StringBuilder();
        text.Append("select ").AppendJoin(", ", columns.Select(column => SqlText.Name(column.Name))).Append(" from read_parquet([");
        text.AppendJoin(", ", paths.Select(SqlText.Literal));
        text.Append("], hive_partitioning = false, can_have_nan = true, schema = map {");
        text.AppendJoin(", ", columns.Select(column =>
            $"{column.Id.Value}: {{name: {SqlText.Literal(column.Name)}, type: {SqlText.Literal(DuckTypes.NameOf(column.Type))}, default_value: {Default(column)}}}"));
        return text.Append("})").ToString();
    }

    private static string Default(Column column) => column.Default is null ? "null"
        : SqlText.Literal(column.Type.Kind is TypeKind.Binary or TypeKind.FixedBinary ? Blob(column.Default) : column.Default);

    // Grid writes bytes as hex, DuckDB as \xAA.
    private static string Blob(string hex)
    {
        var text = new StringBuilder();
        for (var i = 0; i + 1 < hex.Length; i += 2)
            text.Append("\\x").Append(hex, i, 2);
        return text.ToString();
    }
}
