namespace Grid.Sql.Statements;

/// <summary>What a <c>show</c> asks for.</summary>
internal enum ShowKind
{
    None,
    Databases,
    Tables,
}

/// <summary>A statement that reads, and what it reads.</summary>
/// <param name="Text">The text as it was given.</param>
/// <param name="Tables">Every place that names a table.</param>
/// <param name="Show">A list of names that it asks for instead.</param>
internal sealed record ParsedStatement(string Text, IReadOnlyList<TableReference> Tables, ShowKind Show);
