using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Chooses a format by the file name's extension.</summary>
internal static class TableFiles
{
    private const string Legal = ".parquet, .csv, .tsv, .arrow (also .feather, .ipc) or .arrows (an Arrow stream)";

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="types">Types that the user gave for columns of a CSV file; the others are found in the data.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: no such file, an unknown extension, or not such a file.</exception>
    public static ITableFileReader Open(string path, IReadOnlyDictionary<string, DataType> types)
    {
        if (!File.Exists(path))
            throw new GridException(GridErrorCode.InvalidArgument, $"There is no file '{path}'; the present directory is {Environment.CurrentDirectory}.");
        return Extension(path) switch
        {
            ".parquet" or ".pq" => ParquetFileReader.Open(path),
            ".csv" => CsvFileReader.Open(path, ',', types),
            ".tsv" or ".tab" => CsvFileReader.Open(path, '\t', types),
            ".arrow" or ".feather" or ".ipc" => ArrowTableFileReader.Open(path),
            ".arrows" => ArrowTableFileReader.Open(path),
            _ => throw UnknownExtension(path),
        };
    }

    /// <summary>Makes a file, or replaces one.</summary>
    /// <param name="name">The name that chooses the format.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="schema">The rows' columns.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an unknown extension.</exception>
    public static ITableFileWriter Create(string name, string path, Schema schema)
    {
        RequireKnown(name);
        return Extension(name) switch
        {
            ".parquet" or ".pq" => new ParquetFileWriter(path, schema),
            ".csv" => new CsvFileWriter(path, ',', schema),
            ".tsv" or ".tab" => new CsvFileWriter(path, '\t', schema),
            ".arrows" => new ArrowTableFileWriter(path, schema, stream: true),
            _ => new ArrowTableFileWriter(path, schema, stream: false),
        };
    }

    /// <summary>Refuses an extension that no format has, before any work is done.</summary>
    public static void RequireKnown(string path)
    {
        if (Extension(path) is not (".parquet" or ".pq" or ".csv" or ".tsv" or ".tab" or ".arrow" or ".feather" or ".ipc" or ".arrows"))
            throw UnknownExtension(path);
    }

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();

    private static GridException UnknownExtension(string path) =>
        new(GridErrorCode.InvalidArgument, $"'{path}' ends in '{Path.GetExtension(path)}', which names no format; use {Legal}.");
}
