using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>One change of a schema; see <see cref="SchemaEvolution.Apply"/> for the rules.</summary>
[GenerateSerializer, Immutable]
public abstract record SchemaChange;

/// <summary>Adds a column: nullable, or with a default that older rows read. It comes last.</summary>
/// <param name="Column">The column, without an id.</param>
[GenerateSerializer, Immutable, Alias("grid.AddColumn")]
public sealed record AddColumn([property: Id(0)] Column Column) : SchemaChange;

/// <summary>Drops a column that is not part of a key. Its id and its values never come back.</summary>
/// <param name="Name">The column's name.</param>
[GenerateSerializer, Immutable, Alias("grid.DropColumn")]
public sealed record DropColumn([property: Id(0)] string Name) : SchemaChange;

/// <summary>Renames a column.</summary>
/// <param name="Name">The present name.</param>
/// <param name="NewName">The new name.</param>
[GenerateSerializer, Immutable, Alias("grid.RenameColumn")]
public sealed record RenameColumn([property: Id(0)] string Name, [property: Id(1)] string NewName) : SchemaChange;

/// <summary>Widens a column that is not part of a key: int32 to int64, float32 to float64, a decimal to more digits at the same scale.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Type">The wider type.</param>
[GenerateSerializer, Immutable, Alias("grid.WidenColumn")]
public sealed record WidenColumn([property: Id(0)] string Name, [property: Id(1)] DataType Type) : SchemaChange;

/// <summary>Puts the columns into another order.</summary>
/// <param name="Names">Every column's name, once.</param>
[GenerateSerializer, Immutable, Alias("grid.ReorderColumns")]
public sealed record ReorderColumns([property: Id(0)] ImmutableArray<string> Names) : SchemaChange;
