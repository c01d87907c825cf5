using System.Text.Json;

namespace Grid.Sql.Statements;

/// <summary>A place in a statement that names a table.</summary>
/// <param name="Database">The database.</param>
/// <param name="Table">The table, with what follows a '$' in its name.</param>
/// <param name="Alias">What the statement calls it.</param>
/// <param name="Position">Where it stands, in bytes.</param>
/// <param name="Select">The select that it is read by.</param>
/// <param name="IsFilterable">Whether a condition of that select's where clause may be applied to its rows before anything else is: it is on no side of a join that is filled up with nulls, and so on.</param>
internal sealed record TableReference(string Database, string Table, string Alias, long Position, SelectScope Select, bool IsFilterable);

/// <summary>A select: its where clause, and what its from clause has.</summary>
/// <param name="Where">The condition; null: none.</param>
internal sealed record SelectScope(JsonElement? Where)
{
    /// <summary>The tables of Grid in the from clause.</summary>
    public List<TableReference> Tables { get; } = [];

    /// <summary>Everything in the from clause.</summary>
    public int Relations { get; set; }
}
