namespace Grid.Abstractions;

/// <summary>
/// Scalar values and their text form, invariant and exact: <c>true</c>, <c>-5</c>, <c>12.50</c>, <c>1.5E-7</c>, text as it is, binary as hex,
/// <c>2001-01-31</c>, <c>13:45:00.000001</c>, <c>2001-01-31T13:45:00.5</c>, the same with <c>Z</c> for UTC, UUIDs with dashes.
/// The .NET types: bool, sbyte, short, int, long, float, double, decimal (SqlDecimal where the type has more than 28 digits), string, byte[],
/// DateOnly, TimeOnly, DateTime (unspecified), DateTimeOffset (UTC), Guid.
/// </summary>
public static class ValueText
{
    /// <summary>Reads a value of a scalar type.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: with the text, the type and an example of what is legal.</exception>
    public static object Parse(DataType type, string text) => throw new NotImplementedException(text);

    /// <summary>Writes a value of a scalar type so that <see cref="Parse"/> reads the same value.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the value is not of the type's .NET type or outside its range.</exception>
    public static string Format(DataType type, object value) => throw new NotImplementedException();
}
