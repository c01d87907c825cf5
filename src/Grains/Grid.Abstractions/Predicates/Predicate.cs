using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>A comparison.</summary>
public enum CompareOperator : byte
{
    /// <summary>=</summary>
    Equal = 0,

    /// <summary>!=</summary>
    NotEqual = 1,

    /// <summary>&lt;</summary>
    Less = 2,

    /// <summary>&lt;=</summary>
    LessOrEqual = 3,

    /// <summary>&gt;</summary>
    Greater = 4,

    /// <summary>&gt;=</summary>
    GreaterOrEqual = 5,
}

/// <summary>
/// A condition on rows, in SQL's three-valued logic: a row matches where it is true, not where it is unknown. Text compares by UTF-8 bytes, false is
/// below true, negative zero equals zero, NaN is above every number and equals itself.
/// </summary>
[GenerateSerializer, Immutable]
public abstract record Predicate
{
    /// <summary>Deepest nesting.</summary>
    public const int DepthMax = 32;

    /// <summary>Most conditions, and combinations of them, in one predicate.</summary>
    public const int PartsMax = 4096;
}

/// <summary>Compares a scalar column with a value; unknown for nulls.</summary>
/// <param name="Column">The column.</param>
/// <param name="Operator">The operator.</param>
/// <param name="Value">The value as text in the form of <see cref="ValueText"/> for the column's type.</param>
[GenerateSerializer, Immutable, Alias("grid.ComparePredicate")]
public sealed record ComparePredicate([property: Id(0)] ColumnId Column, [property: Id(1)] CompareOperator Operator, [property: Id(2)] string Value) : Predicate;

/// <summary>Whether a column is null.</summary>
/// <param name="Column">The column.</param>
/// <param name="Negated">True: is not null.</param>
[GenerateSerializer, Immutable, Alias("grid.NullPredicate")]
public sealed record NullPredicate([property: Id(0)] ColumnId Column, [property: Id(1)] bool Negated) : Predicate;

/// <summary>True where all parts are.</summary>
/// <param name="Parts">One or more.</param>
[GenerateSerializer, Immutable, Alias("grid.AndPredicate")]
public sealed record AndPredicate([property: Id(0)] ImmutableArray<Predicate> Parts) : Predicate;

/// <summary>True where any part is.</summary>
/// <param name="Parts">One or more.</param>
[GenerateSerializer, Immutable, Alias("grid.OrPredicate")]
public sealed record OrPredicate([property: Id(0)] ImmutableArray<Predicate> Parts) : Predicate;

/// <summary>True where the part is false.</summary>
/// <param name="Part">The part.</param>
[GenerateSerializer, Immutable, Alias("grid.NotPredicate")]
public sealed record NotPredicate([property: Id(0)] Predicate Part) : Predicate;
