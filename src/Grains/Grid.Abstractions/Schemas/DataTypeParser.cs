namespace Grid.Abstractions;

/// <summary>Reads the text form of data types: a recursive descent over at most <see cref="DataType.DepthMax"/> levels.</summary>
internal static class DataTypeParser
{
    public static DataType Parse(string text) => throw new NotImplementedException(text);
}
