using System.Diagnostics.CodeAnalysis;

namespace Grid.Abstractions;

/// <summary>
/// The stable name of a node: a silo with a data directory of its own. It outlives the process, the address and the disk: bucket records speak it.
/// </summary>
/// <param name="Value">1 to <see cref="LengthMax"/> ASCII letters, digits, '.', '_' or '-', beginning with a letter or a digit. Names differ by ordinal comparison.</param>
[GenerateSerializer, Immutable, Alias("grid.NodeName")]
public readonly record struct NodeName([property: Id(0)] string Value)
{
    /// <summary>Longest name, characters.</summary>
    public const int LengthMax = 63;

    /// <summary>Whether a text is a legal name.</summary>
    public static bool IsLegal([NotNullWhen(true)] string? value)
    {
        if (value is not { Length: > 0 and <= LengthMax } || !char.IsAsciiLetterOrDigit(value[0]))
            return false;
        foreach (var character in value)
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-'))
                return false;
        return true;
    }

    /// <summary>Checks a name.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidName"/>.</exception>
    public static NodeName Parse(string? value) => IsLegal(value)
        ? new NodeName(value)
        : throw new GridException(GridErrorCode.InvalidName,
            $"'{value}' is not a legal node name; use 1 to {LengthMax} ASCII letters, digits, '.', '_' or '-', beginning with a letter or a digit.");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
