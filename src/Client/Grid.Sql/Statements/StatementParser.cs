using System.Text;
using System.Text.Json;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Sql.Native;

namespace Grid.Sql.Statements;

/// <summary>
/// Reads statements with DuckDB's own parser, on a database that has nothing in it, and lets those pass that only read Grid's tables. What a statement is, is decided on its tree, never on its text. Any number of callers,
/// one at a time.
/// </summary>
internal sealed class StatementParser : IDisposable
{
    private const int TextLengthMax = 1024 * 1024;
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = 1000 };
    private readonly Lock _lock = new();
    private readonly DuckConnection _connection;
    private readonly FunctionRules _functions;

    public StatementParser()
    {
        _connection = DuckConnection.Open([("threads", "1"), ("memory_limit", "256MB"), ("enable_external_access", "false"), ("autoload_known_extensions", "false"), ("autoinstall_known_extensions", "false")]);
        _functions = new FunctionRules(_connection);
    }

    /// <summary>Reads one statement.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: it is no statement, several, or none that only reads; with the place and what to do.</exception>
    public ParsedStatement Parse(string sql)
    {
        if (sql.Length > TextLengthMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"The statement has {sql.Length} characters; it may have {TextLengthMax}.");
        if (sql.Contains('\0', StringComparison.Ordinal))
            throw new GridException(GridErrorCode.InvalidArgument, "The statement has a character of code 0; leave it out.");
        var skip = ExplainPrefix.Length(sql);
        // Blanks in its place keep the positions of all that follows.
        var text = skip == 0 ? sql : new string(' ', skip) + sql[skip..];
        using var tree = JsonDocument.Parse(Serialize(text), Depth);
        var root = tree.RootElement;
        if (root.GetProperty("error").GetBoolean())
            throw Refuse(root, sql);
        var statements = root.GetProperty("statements");
        if (statements.GetArrayLength() != 1)
            throw new GridException(GridErrorCode.InvalidArgument, statements.GetArrayLength() == 0
                ? "There is no statement; write one such as: select count(*) from air.flights"
                : $"There are {statements.GetArrayLength()} statements; send them one at a time.");
        return new StatementWalk(sql, _functions).Read(statements[0].Clone());
    }

    public void Dispose()
    {
        lock (_lock)
            _connection.Dispose();
    }

    private string Serialize(string sql)
    {
        lock (_lock)
        {
            var batch = _connection.Read("select json_serialize_sql($1::varchar)", sql)[0];
            return ((StringArray)batch.Column(0)).GetString(0);
        }
    }

    private static GridException Refuse(JsonElement error, string sql)
    {
        var message = error.GetProperty("error_message").GetString() ?? "";
        if (message.StartsWith("Only SELECT statements", StringComparison.Ordinal))
            return new GridException(GridErrorCode.InvalidArgument,
                $"SQL here only reads: select, from, with, values, describe, summarize, explain, show tables, show databases. '{FirstWord(sql)}' is not among them; tables are written by the client or the grid command.");
        var place = error.TryGetProperty("position", out var at) && long.TryParse(at.GetString(), out var position) ? DuckError.Place(sql, position) : "";
        return new GridException(GridErrorCode.InvalidArgument, $"SQL{place}: {message.ReplaceLineEndings(" ").TrimEnd('.')}.");
    }

    private static string FirstWord(string sql)
    {
        var word = new StringBuilder();
        foreach (var c in sql.AsSpan(ExplainPrefix.SkipBlanks(sql, 0)))
        {
            if (!char.IsLetterOrDigit(c) || word.Length == 40)
                break;
            word.Append(c);
        }

        return word.ToString();
    }
}
