namespace Grid.Abstractions;

/// <summary>A column of a table, or a field nested in one (a list's element, a struct's field, a map's key and value).</summary>
[GenerateSerializer, Immutable, Alias("grid.Column")]
public sealed record Column
{
    /// <summary>Makes a column; <see cref="Id"/> stays 0 until the catalog numbers it.</summary>
    /// <param name="name">Its name, unique among its siblings.</param>
    /// <param name="type">Its data type.</param>
    /// <param name="nullable">Whether it may hold nulls.</param>
    public Column(string name, DataType type, bool nullable = true)
    {
        Name = name;
        Type = type;
        Nullable = nullable;
    }

    /// <summary>The stable id; 0 before the catalog gave one.</summary>
    [Id(0)]
    public ColumnId Id { get; init; }

    /// <summary>The name.</summary>
    [Id(1)]
    public string Name { get; init; }

    /// <summary>The data type.</summary>
    [Id(2)]
    public DataType Type { get; init; }

    /// <summary>Whether it may hold nulls.</summary>
    [Id(3)]
    public bool Nullable { get; init; }

    /// <summary>What rows written before this column existed read, as text in the form of <see cref="ValueText"/>; null: they read null.</summary>
    [Id(4)]
    public string? Default { get; init; }

    /// <summary><c>name:type</c> or <c>name:type not null</c>; a name that is not a plain word stands in double quotes.</summary>
    public override string ToString() => $"{DataTypeParser.FormatName(Name)}:{Type}{(Nullable ? "" : " not null")}";
}
