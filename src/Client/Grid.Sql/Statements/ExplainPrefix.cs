namespace Grid.Sql.Statements;

/// <summary>The words <c>explain</c> and <c>explain analyze</c> in front of a statement: DuckDB gives no tree of an explained one, so what follows is checked as if they were not there.</summary>
internal static class ExplainPrefix
{
    /// <summary>Its length; 0: there is none.</summary>
    public static int Length(string sql)
    {
        var start = SkipBlanks(sql, 0);
        if (!TryWord(sql, ref start, "explain"))
            return 0;
        var after = SkipBlanks(sql, start);
        return TryWord(sql, ref after, "analyze") ? after : start;
    }

    /// <summary>The position behind blanks and comments.</summary>
    public static int SkipBlanks(string sql, int at)
    {
        while (at < sql.Length)
        {
            if (char.IsWhiteSpace(sql[at]))
            {
                at++;
            }
            else if (sql.AsSpan(at).StartsWith("--"))
            {
                var end = sql.IndexOf('\n', at);
                at = end < 0 ? sql.Length : end + 1;
            }
            else if (sql.AsSpan(at).StartsWith("/*"))
            {
                var end = sql.IndexOf("*/", at + 2, StringComparison.Ordinal);
                at = end < 0 ? sql.Length : end + 2;
            }
            else
            {
                break;
            }
        }

        return at;
    }

    private static bool TryWord(string sql, ref int at, string word)
    {
        var end = at + word.Length;
        if (end > sql.Length || !sql.AsSpan(at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase) || (end < sql.Length && (char.IsLetterOrDigit(sql[end]) || sql[end] == '_')))
            return false;
        at = end;
        return true;
    }
}
