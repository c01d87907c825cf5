using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Sql;

/// <summary>What a word may become: keywords, tables, and the columns of tables that the statement names.</summary>
internal sealed class SqlCompletion(GridClient client)
{
    private static readonly string[] Keywords =
    [
        "select", "from", "where", "group by", "order by", "having", "limit", "offset", "join", "left join", "full join", "using", "on", "as", "and", "or", "not", "in", "between", "is null", "is not null", "like", "ilike",
        "case", "when", "then", "else", "end", "with", "recursive", "union all", "except", "intersect", "distinct", "count(", "sum(", "avg(", "min(", "max(", "desc", "asc", "over (", "partition by", "qualify", "describe",
        "summarize", "explain", "show tables", "show databases", "values", "cast(", "interval", "date", "timestamp",
    ];

    private readonly Dictionary<string, string[]> _columns = [];
    private string[]? _tables;

    /// <summary>Words that begin so, in order.</summary>
    /// <param name="statement">The statement up to here.</param>
    /// <param name="word">The beginning of the word.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<string>> FindAsync(string statement, string word, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        try
        {
            _tables ??= [.. (await client.ListTablesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Select(path => path.ToString())];
            foreach (var table in _tables.Where(table => statement.Contains(table, StringComparison.OrdinalIgnoreCase)))
                found.AddRange(await ColumnsAsync(table, cancellationToken).ConfigureAwait(false));
            found.AddRange(_tables);
        }
        catch (GridException)
        {
            // Who cannot be asked completes nothing; the statement will say why.
        }

        found.AddRange(Keywords);
        return [.. found.Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase) && name.Length > word.Length).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Where the word begins that stands before a position.</summary>
    public static int WordStart(string text, int position)
    {
        while (position > 0 && (char.IsLetterOrDigit(text[position - 1]) || text[position - 1] is '_' or '.' or '$'))
            position--;
        return position;
    }

    private async Task<string[]> ColumnsAsync(string table, CancellationToken cancellationToken)
    {
        if (!_columns.TryGetValue(table, out var columns))
            _columns[table] = columns = [.. (await client.GetTableInfoAsync(table, cancellationToken).ConfigureAwait(false)).Schema.Columns.Select(column => column.Name)];
        return columns;
    }
}
